import { authenticate, type Directory } from './auth.ts'
import type { Connections } from './connections.ts'
import type { Context } from './context.ts'
import { credentialsOf } from './credentials.ts'
import type { Grant } from './grant.ts'
import type { Reply, Request } from './http.ts'
import { RateLimit } from './limits.ts'
import { appRoutes } from './restApps.ts'
import { batchRoutes } from './restBatch.ts'
import { keyRoutes } from './restKeys.ts'
import { messageRoutes } from './restMessages.ts'
import { presenceRoutes } from './restPresence.ts'
import { statsRoutes } from './restStats.ts'
import { route, type Route } from './router.ts'
import { channelRoutes } from './restChannels.ts'
import type { World } from './world.ts'

/** What REST handlers work with. */
export interface Rest {
  readonly context: Context
  readonly directory: Directory
  readonly connections: Connections
  /** Who asks. Throws when the request shows no valid credentials. */
  grantOf(request: Request): Grant
}

export type Answer = (request: Request) => Reply | Promise<Reply>

export function createRest(
  context: Context,
  world: World,
  connections: Connections,
  more: readonly Route[],
): Answer {
  const rates = new Map<string, RateLimit>()
  const rest: Rest = {
    context,
    directory: world,
    connections,
    grantOf(request) {
      const grant = authenticate(world, credentialsOf(request))
      let rate = rates.get(grant.app.id)
      if (!rate) rates.set(grant.app.id, (rate = new RateLimit(42918, 'api.rate')))
      rate.take(context.settings.limits.restRate)
      grant.app.stats.count('apiRequests.all.succeeded', 1)
      return grant
    },
  }
  const routes: Route[] = [
    ['GET', '/time', () => ({ status: 200, body: [Date.now()] })],
    ...messageRoutes(rest),
    ...presenceRoutes(rest),
    ...channelRoutes(rest),
    ...batchRoutes(rest),
    ...keyRoutes(rest),
    ...statsRoutes(rest),
    ...appRoutes(rest, world),
    ...more,
  ]
  return (request) => route(routes, request)
}
