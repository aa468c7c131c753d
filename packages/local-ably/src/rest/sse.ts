import { attach } from '../connection/attach.ts'
import { EventStream, positionsOf } from '../connection/eventStream.ts'
import { badRequest } from '../wire/errors.ts'
import { Action, Mode } from '../wire/protocol.ts'
import { credentialsOf } from './credentials.ts'
import type { Reply, Request } from './http.ts'
import type { Route } from './router.ts'
import type { Rest } from './target.ts'

/** Streams of channel events, for subscribers without an SDK. */
export function sseRoutes(rest: Rest): Route[] {
  const wantsSse = (request: Request) => (request.headers.accept ?? '').includes('text/event-stream')
  return [
    ['GET', '/sse', (request) => listen(rest, request, true)],
    ['GET', '/event-stream', (request) => listen(rest, request, wantsSse(request))],
  ]
}

function listen(rest: Rest, request: Request, sse: boolean): Reply {
  const { query } = request
  const channels = (query.get('channels') ?? query.get('channel') ?? '')
    .split(query.get('separator') || ',')
    .filter(Boolean)
  if (channels.length === 0) throw badRequest('unable to stream; name the channels')
  const options = {
    channels,
    sse,
    enveloped: query.get('enveloped') !== 'false',
    heartbeats: query.get('heartbeats') === 'true',
    interval: rest.context.settings.maxIdleInterval,
  }
  return {
    status: 200,
    stream(response) {
      const stream = new EventStream(response, options)
      // The connection is not resumed; an event's id tells where to go on.
      const connection = rest.connections.accept(stream, new URLSearchParams(), credentialsOf(request))
      if (!connection) return
      response.on('close', () => connection.end())
      const header = request.headers['last-event-id']
      const last = query.get('lastEvent') ?? (typeof header === 'string' ? header : undefined)
      const positions = last ? positionsOf(last, channels) : undefined
      const rewind = query.get('rewind')
      // Without a rewind of its own, the stream has that of the channel's name: `[?rewind=1]chat`.
      const start = rewind === null ? {} : { params: { rewind } }
      for (const channel of channels) {
        const from = positions?.get(channel)
        attach(connection, {
          action: Action.attach,
          channel,
          flags: Mode.SUBSCRIBE | Mode.PRESENCE_SUBSCRIBE,
          ...(from === undefined ? start : { channelSerial: from }),
        })
        if (response.writableEnded) return connection.end()
      }
      stream.start()
    },
  }
}
