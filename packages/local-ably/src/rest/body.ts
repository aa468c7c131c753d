import { decodeValue, isRecord } from '../wire/codec.ts'
import { badRequest } from '../wire/errors.ts'
import type { Request } from './http.ts'

/** Decodes a request's body. What looks like JSON is read as JSON, whatever the content type says. */
export function decodeBody(bytes: Buffer, type = ''): unknown {
  if (bytes.length === 0) return undefined
  if (type.includes('x-msgpack') && !startsLikeJson(bytes)) return decodeValue(bytes, 'msgpack')
  if (type.includes('x-www-form-urlencoded') && !startsLikeJson(bytes)) {
    return Object.fromEntries(new URLSearchParams(bytes.toString()))
  }
  return decodeValue(bytes, 'json')
}

// No msgpack body of more than one byte starts like this: in msgpack, each of these bytes is a whole number.
const startsLikeJson = (bytes: Buffer): boolean =>
  bytes.length > 1 && /^\s*[[{"]/.test(bytes.toString('latin1', 0, 64))

/** Returns the body, which must be an object. */
export function objectBody(request: Request): Record<string, unknown> {
  if (isRecord(request.body)) return request.body
  throw badRequest(`unable to read the request; its body must be an object, but is ${kindOf(request.body)}`)
}

/** Returns the body as a list; an object stands for a list of one. */
export function listBody(request: Request): unknown[] {
  if (Array.isArray(request.body)) return request.body
  if (isRecord(request.body)) return [request.body]
  throw badRequest(
    `unable to read the request; its body must be a list or an object, but is ${kindOf(request.body)}`,
  )
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'empty'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  return Buffer.isBuffer(value) ? 'bytes' : `a ${typeof value}`
}
