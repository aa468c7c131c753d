import { createHmac, timingSafeEqual } from 'node:crypto'
import { isRecord } from '../wire/codec.ts'
import { AblyError } from '../wire/errors.ts'

export interface Jwt {
  keyName: string
  claims: Record<string, unknown>
  signed: string
  signature: string
}

const part = (text: string | undefined): Record<string, unknown> | undefined => {
  try {
    const value: unknown = JSON.parse(Buffer.from(text ?? '', 'base64url').toString())
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Reads a token as a JWT, without trusting it yet. Undefined when it is not one. */
export function readJwt(token: string): Jwt | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  const header = part(parts[0])
  const claims = part(parts[1])
  if (!header || !claims) return undefined
  if (header.alg !== 'HS256') throw new AblyError(40144, 401, 'unable to use the JWT; sign it with HS256')
  if (typeof header.kid !== 'string') {
    throw new AblyError(40144, 401, 'unable to use the JWT; its header needs kid, the name of the key')
  }
  return { keyName: header.kid, claims, signed: `${parts[0]}.${parts[1]}`, signature: parts[2]! }
}

export function verifyJwt(jwt: Jwt, secret: string): void {
  const expected = createHmac('sha256', secret).update(jwt.signed).digest()
  const given = Buffer.from(jwt.signature, 'base64url')
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
    throw new AblyError(40144, 401, 'unable to use the JWT; its signature does not fit the key')
  }
}
