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

// In msgpack, a body of more than one byte cannot start like this: each of these bytes is a number by itself.
const startsLikeJson = (bytes: Buffer): boolean =>
  bytes.length > 1 && /^\s*[[{"]/.test(bytes.toString('latin1', 0, 64))

/** A body that must be an object. */
export function objectBody(request: Request): Record<string, unknown> {
  if (isRecord(request.body)) return request.body
  throw badRequest(`unable to read the request; its body must be an object, but is ${kindOf(request.body)}`)
}

/** A body that is a list, or one item that stands for a list of one. */
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
