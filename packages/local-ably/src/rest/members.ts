import { requireCapability } from '../auth/grant.ts'
import { type Reply, type Request } from './http.ts'
import { pageOf, pageReply, readPageQuery } from './paging.ts'
import { channelOf, type Rest } from './target.ts'
import type { Params, Route } from './router.ts'

export function presenceRoutes(rest: Rest): Route[] {
  return [
    ['GET', '/channels/:name/presence', (request, params) => readMembers(rest, request, params)],
    [
      'GET',
      '/channels/:name/presence/history',
      (request, params) => readPresenceHistory(rest, request, params),
    ],
  ]
}

function readMembers(rest: Rest, request: Request, params: Params): Reply {
  const { reading, name, publisher } = channelOf(rest, request, params)
  requireCapability(publisher.grant, name, 'presence', 'subscribe')
  const clientId = request.query.get('clientId')
  const connectionId = request.query.get('connectionId')
  const page = pageOf(reading().presence.members(), readPageQuery(request.query, false), {
    key: ([key]) => key,
    accept: ([, member]) =>
      (clientId === null || member.clientId === clientId) &&
      (connectionId === null || member.connectionId === connectionId),
  })
  const body = page.items.map(([, member]) => member)
  return pageReply('presence', request, page, body)
}

function readPresenceHistory(rest: Rest, request: Request, params: Params): Reply {
  const { reading, name, publisher } = channelOf(rest, request, params)
  requireCapability(publisher.grant, name, 'history')
  const events = reading().presence.history
  const page = pageOf(events, readPageQuery(request.query, true), {
    key: (one) => one.key,
    time: ({ event }) => event.timestamp!,
  })
  const body = page.items.map(({ event }) => event)
  return pageReply('history', request, page, body)
}
