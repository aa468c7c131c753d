import { createHmac } from 'node:crypto'
import type { App, Key } from '../app.ts'
import { intersect, readCapability, writeCapability } from './capability.ts'
import { AblyError, badRequest, invalidCredentials } from '../wire/errors.ts'
import type { Grant } from './grant.ts'
import { randomName } from '../wire/serial.ts'

export interface TokenDetails {
  token: string
  keyName: string
  issued: number
  expires: number
  capability: string
  clientId?: string
}

const hour = 3_600_000

/** The longest lifetime of a key's tokens, in milliseconds: shorter when they can be revoked. */
export const longestTtl = (key: Key): number => (key.revocableTokens ? hour : 24 * hour)

export const tokenExpired = (): AblyError =>
  new AblyError(40142, 401, 'unable to authenticate; the token expired, get a new one')

export const tokenRevoked = (): AblyError =>
  new AblyError(40141, 401, 'unable to authenticate; the token was revoked, get a new one')

/** A revocation of tokens. */
export interface Revocation {
  app: string
  keyName: string
  target: string
  issuedBefore: number
}

/** Issued tokens and revocations. */
export class TokenStore {
  readonly #tokens = new Map<string, TokenDetails>()
  #revocations: Revocation[] = []

  find(token: string): TokenDetails | undefined {
    return this.#tokens.get(token)
  }

  /** Answers a token request. `trusted` says that the request was authenticated with the key. */
  request(app: App, key: Key, body: Record<string, unknown>, trusted: boolean): TokenDetails {
    const field = (name: string): string => {
      const value = body[name]
      return typeof value === 'string' || typeof value === 'number' ? String(value) : ''
    }
    if (field('keyName') !== '' && field('keyName') !== key.name) {
      throw invalidCredentials('unable to issue a token; keyName differs from the key in the URL')
    }
    if (body.mac !== undefined) checkMac(app, key, field)
    else if (!trusted)
      throw invalidCredentials('unable to issue a token; sign the request or authenticate with the key')
    const ttl = body.ttl === undefined || body.ttl === null || body.ttl === '' ? hour : Number(body.ttl)
    if (!Number.isFinite(ttl) || ttl <= 0 || ttl > longestTtl(key)) {
      throw new AblyError(
        40003,
        400,
        `unable to issue a token; ttl must be above 0 and at most ${longestTtl(key)} ms`,
      )
    }
    if (body.clientId === '') {
      throw new AblyError(40012, 400, 'unable to issue a token; clientId must not be empty')
    }
    const asked = body.capability
    const capability =
      asked === undefined || asked === null || asked === ''
        ? key.capability
        : intersect(readCapability(asked), key.capability)
    const issued = Date.now()
    const details: TokenDetails = {
      token: `${app.id}.${randomName(32)}`,
      keyName: key.name,
      issued,
      expires: issued + ttl,
      capability: writeCapability(capability),
    }
    if (typeof body.clientId === 'string') details.clientId = body.clientId
    this.#tokens.set(details.token, details)
    return details
  }

  /** Revokes tokens of a key issued before a time, by client id, revocation key or channel. */
  revoke(revocation: Revocation): void {
    this.#revocations.push(revocation)
  }

  /** Whether a revocation covers a grant. */
  concerns(revocation: Omit<Revocation, 'app'>, grant: Grant): boolean {
    if (grant.kind !== 'token' || grant.keyName !== revocation.keyName) return false
    return grant.issued < revocation.issuedBefore && isTarget(revocation.target, grant)
  }

  checkRevoked(grant: Grant): void {
    if (this.#revocations.some((revocation) => this.concerns(revocation, grant))) throw tokenRevoked()
  }

  expire(now: number): void {
    // Expired tokens stay known for a while, so that they get 40142 and not 40143.
    for (const [token, { expires }] of this.#tokens) if (expires < now - hour) this.#tokens.delete(token)
    this.#revocations = this.#revocations.filter(({ issuedBefore }) => issuedBefore > now - 24 * hour)
  }
}

function isTarget(target: string, grant: Grant): boolean {
  const [kind, ...rest] = target.split(':')
  const value = rest.join(':')
  if (kind === 'clientId') return grant.clientId === value
  if (kind === 'revocationKey') return grant.revocationKey === value
  return kind === 'channel' && Object.keys(grant.capability).includes(value)
}

function checkMac(app: App, key: Key, field: (name: string) => string): void {
  const signed = ['keyName', 'ttl', 'capability', 'clientId', 'timestamp', 'nonce'].map(
    (name) => `${field(name)}\n`,
  )
  const mac = createHmac('sha256', key.secret).update(signed.join('')).digest('base64')
  if (mac !== field('mac'))
    throw invalidCredentials('unable to issue a token; the mac does not fit the request')
  const timestamp = Number(field('timestamp'))
  if (field('timestamp') === '' || !Number.isFinite(timestamp)) {
    throw badRequest('unable to issue a token; the request needs a timestamp')
  }
  if (Math.abs(Date.now() - timestamp) > 120_000) {
    throw new AblyError(
      40104,
      401,
      'unable to issue a token; the timestamp must be within two minutes of now',
    )
  }
  const nonce = field('nonce')
  if (nonce.length < 16) throw badRequest('unable to issue a token; the nonce needs at least 16 characters')
  if (app.nonces.has(nonce))
    throw new AblyError(40105, 401, 'unable to issue a token; the nonce was used before')
  app.nonces.set(nonce, Date.now() + 240_000)
}
