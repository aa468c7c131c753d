import { authenticate } from '../auth/auth.ts'
import { CometTransport } from '../connection/comet.ts'
import type { Connection } from '../connection/connection.ts'
import { AblyError, badRequest, invalidCredentials } from '../wire/errors.ts'
import { Action } from '../wire/protocol.ts'
import { credentialsOf } from './credentials.ts'
import type { Reply, Request } from './http.ts'
import type { Params, Route } from './router.ts'
import type { Rest } from './target.ts'

/** Connections over plain requests. The path names the connection by its key. */
export function cometRoutes(rest: Rest): Route[] {
  const carried: Carried = new Map()
  const find = (request: Request, { key }: Params) => findCarried(rest, carried, request, key!)
  return [
    ['GET', '/comet/connect', (request) => connect(rest, carried, request)],
    ['GET', '/comet/:key/recv', (request, params) => receive(find(request, params).transport)],
    ['POST', '/comet/:key/send', (request, params) => send(find(request, params).transport, request)],
    ['GET', '/comet/:key/close', (request, params) => close(find(request, params).connection)],
    ['GET', '/comet/:key/disconnect', (request, params) => disconnect(find(request, params).connection)],
  ]
}

/** Connections by the key that the client got. An ended connection stays until the client was told. */
type Carried = Map<string, { connection: Connection; transport: CometTransport }>

function connect(rest: Rest, carried: Carried, request: Request): Reply {
  const { query } = request
  let key: string | undefined
  const transport = new CometTransport({
    interval: rest.context.settings.maxIdleInterval,
    streaming: query.get('stream') !== 'false',
    onStop: () => key !== undefined && carried.delete(key),
  })
  return {
    status: 200,
    stream(response) {
      transport.receive(response)
      const connection = rest.connections.accept(transport, query, credentialsOf(request))
      if (!connection) return
      key = connection.key
      carried.set(key, { connection, transport })
    },
  }
}

const receive = (transport: CometTransport): Reply => ({
  status: 200,
  stream: (response) => transport.receive(response),
})

async function send(transport: CometTransport, { body }: Request): Promise<Reply> {
  if (!Array.isArray(body)) throw badRequest('unable to send; the body must be a list of protocol messages')
  await transport.deliver(body)
  return { status: 204 }
}

function close(connection: Connection): Reply {
  connection.end({ action: Action.closed })
  return { status: 204 }
}

function disconnect(connection: Connection): Reply {
  connection.drop()
  return { status: 204 }
}

function findCarried(
  rest: Rest,
  carried: Carried,
  request: Request,
  key: string,
): { connection: Connection; transport: CometTransport } {
  const grant = authenticate(rest.directory, credentialsOf(request))
  const found = carried.get(key)
  // On this code SDKs reconnect; most other codes here would fail the connection.
  if (!found) throw new AblyError(80008, 400, 'unable to find the connection; connect again')
  if (found.connection.app === grant.app) return found
  throw invalidCredentials('unable to use the connection; it belongs to another app')
}
