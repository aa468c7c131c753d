import { authenticate, findKey, type Directory } from '../auth/auth.ts'
import { AblyError, badRequest, invalidCredentials } from '../wire/errors.ts'
import { credentialsOf } from './credentials.ts'
import { objectBody } from './body.ts'
import type { Reply, Request } from './http.ts'
import { batch } from './batch.ts'
import type { Rest } from './target.ts'
import type { Params, Route } from './router.ts'

/** Milliseconds that clients have to get a new token when a revocation allows a margin. */
const reauthMargin = 30_000

export function keyRoutes(rest: Rest): Route[] {
  return [
    ['POST', '/keys/:keyName/requestToken', (request, params) => requestToken(rest, request, params)],
    ['POST', '/keys/:keyName/revokeTokens', (request, params) => revokeTokens(rest, request, params)],
  ]
}

function requestToken(rest: Rest, request: Request, params: Params): Reply {
  const { directory } = rest
  const body = objectBody(request)
  const { app, key } = findNamedKey(directory, params.keyName!)
  const shown = credentialsOf(request).key
  const trusted = shown !== undefined && authenticate(directory, { key: shown }).keyName === key.name
  const details = directory.tokens.request(app, key, body, trusted)
  app.stats.countToken()
  return { status: 201, body: details }
}

function revokeTokens(rest: Rest, request: Request, params: Params): Reply {
  const grant = rest.grantOf(request)
  if (grant.kind === 'token') {
    throw new AblyError(40162, 401, 'unable to revoke tokens; authenticate with the key')
  }
  if (grant.keyName !== params.keyName) {
    throw invalidCredentials('unable to revoke tokens; authenticate with the key in the URL')
  }
  const { app, key } = findNamedKey(rest.directory, grant.keyName)
  if (!key.revocableTokens) {
    throw new AblyError(
      40163,
      401,
      `unable to revoke tokens; key ${key.name} does not allow it, set revocableTokens`,
    )
  }
  const body = objectBody(request)
  if (!Array.isArray(body.targets)) throw badRequest('unable to revoke tokens; targets must be a list')
  const now = Date.now()
  const issuedBefore = typeof body.issuedBefore === 'number' ? body.issuedBefore : now + 1
  const margin = body.allowReauthMargin === true ? reauthMargin : 0
  // The margin counts from the next whole second, so it is never too short.
  const appliesAt = margin === 0 ? now : Math.ceil(now / 1000) * 1000 + margin + 1000
  const result = batch(
    body.targets.map(String),
    (target) => ({ target }),
    (target) => {
      if (!/^(clientId|revocationKey|channel):./.test(target)) {
        throw badRequest(
          `unable to revoke ${target}; write clientId:, revocationKey: or channel: before the value`,
        )
      }
      rest.connections.revoke({ app, keyName: key.name, target, issuedBefore, appliesAt })
      return { issuedBefore, appliesAt }
    },
  )
  return { status: 201, body: result }
}

function findNamedKey(directory: Directory, name: string): ReturnType<typeof findKey> {
  try {
    return findKey(directory, name)
  } catch (error) {
    if (error instanceof AblyError && error.code === 40400) throw new AblyError(40400, 404, error.message)
    throw invalidCredentials(`unable to use key ${name}; there is no such key`)
  }
}
