import { authenticate, findKey, type Directory } from './auth.ts'
import type { Connections } from './connections.ts'
import type { Context } from './context.ts'
import { AblyError, invalidCredentials } from './errors.ts'
import type { Grant } from './grant.ts'
import { objectBody, type Reply, type Request } from './http.ts'
import { RateLimit } from './limits.ts'
import { messageRoutes } from './restMessages.ts'
import { presenceRoutes } from './restPresence.ts'
import { route, type Params, type Route } from './router.ts'
import { channelRoutes } from './restChannels.ts'

/** What REST handlers work with. */
export interface Rest {
  readonly context: Context
  readonly directory: Directory
  readonly connections: Connections
  /** Who asks. Throws when the request shows no valid credentials. */
  grantOf(request: Request): Grant
}

export function createRest(
  context: Context,
  directory: Directory,
  connections: Connections,
): (request: Request) => Reply | Promise<Reply> {
  const rates = new Map<string, RateLimit>()
  const rest: Rest = {
    context,
    directory,
    connections,
    grantOf(request) {
      const grant = authenticate(directory, credentialsOf(request))
      let rate = rates.get(grant.app.id)
      if (!rate) rates.set(grant.app.id, (rate = new RateLimit(42918, 'api.rate')))
      rate.take(context.settings.limits.restRate)
      return grant
    },
  }
  const routes: Route[] = [
    ['GET', '/time', () => ({ status: 200, body: [Date.now()] })],
    ['GET', '/stats', (request) => (rest.grantOf(request), { status: 200, body: [] })],
    ['POST', '/keys/:keyName/requestToken', (request, params) => requestToken(directory, request, params)],
    ...messageRoutes(rest),
    ...presenceRoutes(rest),
    ...channelRoutes(rest),
  ]
  return (request) => route(routes, request)
}

/** What a request shows: an Authorization header, or the query of browsers that cannot set one. */
export function credentialsOf(request: Request): { key?: string; token?: string; clientId?: string } {
  const { authorization } = request.headers
  const [scheme, encoded] = (authorization ?? '').split(' ')
  const header = request.headers['x-ably-clientid']
  const clientId = typeof header === 'string' ? Buffer.from(header, 'base64').toString() : undefined
  const named = clientId === undefined ? {} : { clientId }
  if (encoded && scheme?.toLowerCase() === 'basic')
    return { key: Buffer.from(encoded, 'base64').toString(), ...named }
  // A bearer token is base64 of the token; some clients send a JWT as it is.
  if (encoded && scheme?.toLowerCase() === 'bearer') {
    const token = encoded.includes('.') ? encoded : Buffer.from(encoded, 'base64').toString()
    return { token, ...named }
  }
  const key = request.query.get('key')
  const token = request.query.get('access_token') ?? request.query.get('accessToken')
  return { ...(key ? { key } : {}), ...(token ? { token } : {}), ...named }
}

function requestToken(directory: Directory, request: Request, params: Params): Reply {
  const body = objectBody(request)
  const found = findKeyOf(directory, params.keyName!)
  const credentials = credentialsOf(request)
  const trusted =
    credentials.key !== undefined &&
    authenticate(directory, { key: credentials.key }).keyName === found.key.name
  return { status: 201, body: directory.tokens.request(found.app, found.key, body, trusted) }
}

function findKeyOf(directory: Directory, name: string): ReturnType<typeof findKey> {
  try {
    return findKey(directory, name)
  } catch (error) {
    if (error instanceof AblyError && error.code === 40400) throw new AblyError(40400, 404, error.message)
    throw invalidCredentials(`unable to issue a token; there is no key ${name}`)
  }
}
