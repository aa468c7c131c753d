import { allows } from '../auth/capability.ts'
import type { Channel } from '../channel/channel.ts'
import { AblyError } from '../wire/errors.ts'
import { requireCapability } from '../auth/grant.ts'
import type { Reply, Request } from './http.ts'
import { pageOf, pageReply, readPageQuery } from './paging.ts'
import { channelOf, type Rest } from './target.ts'
import type { Params, Route } from './router.ts'

export function channelRoutes(rest: Rest): Route[] {
  return [
    ['GET', '/channels', (request) => listChannels(rest, request)],
    ['GET', '/channels/:name', (request, params) => readStatus(rest, request, params)],
  ]
}

function listChannels(rest: Rest, request: Request): Reply {
  const grant = rest.grantOf(request)
  if (!allows(grant.capability, '*', 'channel-metadata')) {
    throw new AblyError(40160, 401, 'unable to list channels; the capability lacks channel-metadata')
  }
  const prefix = request.query.get('prefix') ?? ''
  const names = [...grant.app.channels.keys()].filter((name) => name.startsWith(prefix)).sort()
  const page = pageOf(names, readPageQuery(request.query, false), { key: (name) => name })
  const byName = request.query.get('by') === 'id'
  const body = byName ? page.items : page.items.map((name) => details(grant.app.channels.get(name)!))
  return pageReply('channels', request, page, body)
}

function readStatus(rest: Rest, request: Request, params: Params): Reply {
  const { reading, name, publisher } = channelOf(rest, request, params)
  requireCapability(publisher.grant, name, 'channel-metadata')
  return { status: 200, body: details(reading()) }
}

function details(channel: Channel): object {
  const metrics = channel.occupancy()
  const status = { isActive: metrics.connections > 0 || metrics.presenceMembers > 0, occupancy: { metrics } }
  return { channelId: channel.name, name: channel.name, status }
}
