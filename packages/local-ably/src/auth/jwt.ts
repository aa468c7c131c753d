import { createHmac, timingSafeEqual } from 'node:crypto'
import { isRecord } from '../wire/codec.ts'
import { AblyError } from '../wire/errors.ts'

export interface Jwt {
  keyName: string
  claims: Record<string, unknown>
  signed: string
  signature: string
}

/** An Ably token inside a JWT of an app's own issuer. */
export interface Embedded {
  token: string
  /** When the outer JWT expires, in milliseconds; undefined if it does not say, or is encrypted. */
  expires: number | undefined
}

/** Milliseconds that an issuer's clock may be ahead. */
const clockSkew = 120_000

const invalid = (problem: string): AblyError => new AblyError(40144, 401, `unable to use the JWT; ${problem}`)

const part = (text: string | undefined): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(text ?? '', 'base64url').toString())
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/**
 * Returns the token that a JWT carries under `x-ably-token`: in its header, even if the JWT is encrypted, or in its
 * claims. The outer signature is not checked: its secret is unknown here. Undefined when there is no such token.
 */
export function readEmbedded(token: string): Embedded | undefined {
  const parts = token.split('.')
  if (parts.length !== 3 && parts.length !== 5) return undefined
  const header = part(parts[0])
  const claims = parts.length === 3 ? part(parts[1]) : undefined
  const found = header?.['x-ably-token'] ?? claims?.['x-ably-token']
  if (header === undefined || found === undefined) {
    if (parts.length === 5) throw invalid('an encrypted one needs the header x-ably-token')
    return undefined
  }
  if (typeof found !== 'string') throw invalid('x-ably-token must be a string')
  const { exp } = claims ?? {}
  return { token: found, expires: exp === undefined ? undefined : secondsOf(exp, 'exp') * 1000 }
}

/** Parses a JWT without verifying it. Undefined when the token is not a JWT. */
export function readJwt(token: string): Jwt | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  const header = part(parts[0])
  const claims = part(parts[1])
  if (!header || !claims) return undefined
  if (header.alg !== 'HS256') throw invalid('sign it with HS256')
  if (typeof header.kid !== 'string') throw invalid('its header needs kid, the name of the key')
  return { keyName: header.kid, claims, signed: `${parts[0]}.${parts[1]}`, signature: parts[2]! }
}

export function verifyJwt(jwt: Jwt, secret: string): void {
  const expected = createHmac('sha256', secret).update(jwt.signed).digest()
  const given = Buffer.from(jwt.signature, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw invalid('its signature does not fit the key')
  }
}

/** Reads the times of a JWT, in milliseconds. `longest` is the longest lifetime that its key allows. */
export function readTimes(
  { claims }: Jwt,
  longest: number,
  now = Date.now(),
): { issued: number; expires: number } {
  const issued = secondsOf(claims.iat, 'iat') * 1000
  const expires = secondsOf(claims.exp, 'exp') * 1000
  if (expires <= issued) throw invalid('exp must be after iat')
  if (issued > now + clockSkew) throw invalid('iat is in the future; is the clock of its issuer right?')
  if (claims.nbf !== undefined && secondsOf(claims.nbf, 'nbf') * 1000 > now + clockSkew) {
    throw invalid('nbf is in the future')
  }
  if (expires - issued > longest) {
    throw new AblyError(
      40003,
      400,
      `unable to use the JWT; it lasts longer than ${longest / 60_000} minutes, the most for its key`,
    )
  }
  return { issued, expires }
}

function secondsOf(value: unknown, claim: string): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw invalid(`it needs the claim ${claim}, a number of seconds`)
}
