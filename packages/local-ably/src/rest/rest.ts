import { authenticate } from '../auth/auth.ts'
import type { Connections } from '../connection/connections.ts'
import type { Context } from '../context.ts'
import { credentialsOf } from './credentials.ts'
import type { Reply, Request } from './http.ts'
import { RateLimit } from '../connection/limits.ts'
import { appRoutes } from './apps.ts'
import { sseRoutes } from './sse.ts'
import { cometRoutes } from './comet.ts'
import { batchRoutes } from './batch.ts'
import { keyRoutes } from './keys.ts'
import { messageRoutes } from './messages.ts'
import { presenceRoutes } from './members.ts'
import { refuseMissing } from './missing.ts'
import { statsRoutes } from './statistics.ts'
import { route, type Route } from './router.ts'
import { channelRoutes } from './channels.ts'
import type { Rest } from './target.ts'
import type { World } from '../world.ts'

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
    ...cometRoutes(rest),
    ...sseRoutes(rest),
    ...appRoutes(rest, world),
    ...more,
  ]
  return (request) => {
    refuseMissing(request)
    return route(routes, request)
  }
}
