import { checkChannelName } from '../app.ts'
import type { Directory } from '../auth/auth.ts'
import { baseChannelName } from '../auth/capability.ts'
import type { Grant } from '../auth/grant.ts'
import type { Channel } from '../channel/channel.ts'
import type { Connections } from '../connection/connections.ts'
import type { Publisher } from '../connection/publish.ts'
import type { Context } from '../context.ts'
import type { Request } from './http.ts'
import type { Params } from './router.ts'

/** What REST handlers need. */
export interface Rest {
  readonly context: Context
  readonly directory: Directory
  readonly connections: Connections
  /** Authenticates a request, or throws. */
  grantOf(request: Request): Grant
}

/** The channel that a path names, to change (`channel`) or only to read (`reading`), and the requester. */
export function channelOf(
  rest: Rest,
  request: Request,
  params: Params,
): { channel: () => Channel; reading: () => Channel; name: string; publisher: Publisher } {
  const grant = rest.grantOf(request)
  const name = baseChannelName(params.name!)
  checkChannelName(name)
  const publisher: Publisher = { grant, connectionId: undefined, channelRates: new Map() }
  return { channel: () => grant.app.channel(name), reading: () => grant.app.reading(name), name, publisher }
}
