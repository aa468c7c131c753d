import { intersect, readCapability } from './capability.ts'
import type { App, Key } from '../app.ts'
import { AblyError, invalidCredentials, notFound } from '../wire/errors.ts'
import type { Grant } from './grant.ts'
import { readEmbedded, readJwt, readTimes, verifyJwt, type Jwt } from './jwt.ts'
import { longestTtl, tokenExpired, type TokenStore } from './token.ts'
import type { Origins } from '../origins.ts'
import { defaultKey } from '../settings.ts'

/** Looks up credentials. */
export interface Directory {
  readonly apps: ReadonlyMap<string, App>
  readonly tokens: TokenStore
  readonly origins: Origins
}

/** The credentials that a client sent: a key or a token. */
export interface Credentials {
  key?: string | undefined
  token?: string | undefined
  clientId?: string | undefined
  /** The `Origin` header of a web page's request. */
  origin?: string | undefined
}

/** Turns credentials into a grant, or throws the error that the service answers. */
export function authenticate(directory: Directory, credentials: Credentials): Grant {
  const { key, token, clientId, origin } = credentials
  if (!token && !key) {
    throw new AblyError(40101, 401, 'unable to authenticate; no key or token was given')
  }
  const grant = token ? tokenGrant(directory, token) : keyGrant(directory, key!)
  if (!directory.origins.allows(origin)) refuseDefaultKey(grant, origin!)
  return identified(grant, clientId)
}

// Any web page knows this key, and the developer's browser would let it connect.
function refuseDefaultKey({ app, keyName }: Grant, origin: string): void {
  const key = app.keys.get(keyName)
  if (key && `${key.name}:${key.secret}` !== defaultKey) return
  throw new AblyError(
    40300,
    403,
    `unable to use the default key from origin ${origin}; give the server a key of its own, or list the origin in its option "origins"`,
  )
}

function keyGrant(directory: Directory, key: string): Grant {
  const separator = key.indexOf(':')
  const found = findKey(directory, separator < 0 ? key : key.slice(0, separator))
  if (separator < 0 || found.key.secret !== key.slice(separator + 1)) {
    throw invalidCredentials('unable to authenticate; the secret of the key is wrong')
  }
  return grantOf(found, 'key', { clientId: '*' })
}

/** Finds a key by name. A missing key of a known app is a 40400, any other a 40101. */
export function findKey(directory: Directory, name: string): { app: App; key: Key } {
  const app = directory.apps.get(name.split('.')[0]!)
  if (!app || !name.includes('.')) throw invalidCredentials(`unable to authenticate; no app has key ${name}`)
  const key = app.keys.get(name)
  if (!key) throw new AblyError(40400, 401, `unable to authenticate; app ${app.id} has no key ${name}`)
  return { app, key }
}

function grantOf(found: { app: App; key: Key }, kind: 'key' | 'token', about: Partial<Grant>): Grant {
  return {
    app: found.app,
    keyName: found.key.name,
    kind,
    capability: found.key.capability,
    clientId: undefined,
    issued: Date.now(),
    expires: undefined,
    channelClaims: {},
    channelRates: {},
    revocationKey: undefined,
    ...about,
  }
}

function tokenGrant(directory: Directory, token: string): Grant {
  const embedded = readEmbedded(token)
  const inner = embedded?.token ?? token
  if (embedded && readEmbedded(inner)) {
    throw new AblyError(40144, 401, 'unable to use the JWT; the token in it carries another')
  }
  const jwt = readJwt(inner)
  const own = jwt ? jwtGrant(directory, jwt) : issuedGrant(directory, inner)
  const grant = embedded?.expires === undefined ? own : { ...own, expires: endOf(embedded.expires, own) }
  if (grant.expires !== undefined && grant.expires <= Date.now()) throw tokenExpired()
  directory.tokens.checkRevoked(grant)
  return grant
}

// The outer JWT must not outlast its token.
function endOf(outer: number, { expires }: Grant): number {
  if (expires === undefined || outer <= expires) return outer
  throw new AblyError(40144, 401, 'unable to use the JWT; it ends later than the token in it')
}

function issuedGrant(directory: Directory, token: string): Grant {
  const issued = directory.tokens.find(token)
  const app = directory.apps.get(issued?.keyName.split('.')[0] ?? '')
  const key = issued && app?.keys.get(issued.keyName)
  if (!issued || !app || !key) {
    throw new AblyError(40143, 401, 'unable to authenticate; this server did not issue the token')
  }
  const { capability, clientId, expires } = issued
  return grantOf({ app, key }, 'token', {
    capability: readCapability(capability),
    clientId,
    issued: issued.issued,
    expires,
  })
}

function jwtGrant(directory: Directory, jwt: Jwt): Grant {
  if (!directory.apps.has(jwt.keyName.split('.')[0]!)) {
    throw notFound(`unable to authenticate; no app has key ${jwt.keyName}`)
  }
  const found = findKey(directory, jwt.keyName)
  verifyJwt(jwt, found.key.secret)
  const { issued, expires } = readTimes(jwt, longestTtl(found.key))
  const capability = jwt.claims['x-ably-capability']
  const clientId = jwt.claims['x-ably-clientId']
  const revocationKey = jwt.claims['x-ably-revocation-key']
  return grantOf(found, 'token', {
    capability:
      capability === undefined
        ? found.key.capability
        : intersect(readCapability(capability), found.key.capability),
    clientId: typeof clientId === 'string' ? clientId : undefined,
    issued,
    expires,
    channelClaims: claimsUnder(jwt, 'ably.channel.', 'string') as Record<string, string>,
    channelRates: claimsUnder(jwt, 'ably.limits.publish.perAttachment.maxRate.', 'number') as Record<
      string,
      number
    >,
    revocationKey: typeof revocationKey === 'string' ? revocationKey : undefined,
  })
}

function claimsUnder(jwt: Jwt, prefix: string, type: string): Record<string, unknown> {
  const found: Record<string, unknown> = {}
  for (const [claim, value] of Object.entries(jwt.claims)) {
    if (claim.startsWith(prefix) && typeof value === type) found[claim.slice(prefix.length)] = value
  }
  return found
}

/** Settles the client id from the credentials and the requested id. */
function identified(grant: Grant, requested: string | undefined): Grant {
  if (requested === undefined || requested === '' || requested === grant.clientId) return grant
  if (requested === '*' || grant.clientId !== '*') {
    throw new AblyError(
      40102,
      401,
      `unable to identify as ${JSON.stringify(requested)}; the credentials are for another client`,
    )
  }
  return { ...grant, clientId: requested }
}
