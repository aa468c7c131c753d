import { decode as decodeMsgpack, encode as encodeMsgpack } from '@ably/msgpack-js'
import { AblyError, badRequest } from './errors.ts'
import type { Payload, ProtocolMessage } from './protocol.ts'

export type Format = 'json' | 'msgpack'

interface Carrier {
  data?: unknown
  encoding?: unknown
}

/** Encodes a value. In JSON, bytes become base64 text, and `encoding` says so. */
export function encodeValue(value: unknown, format: Format): Buffer {
  if (format === 'msgpack') return encodeMsgpack(value, true)
  return Buffer.from(JSON.stringify(value, toJson))
}

// `JSON.stringify` has already called `Buffer.toJSON` on a property's value, so bytes are caught at their holder.
function toJson(_key: string, value: unknown): unknown {
  if (isCarrier(value) && Buffer.isBuffer(value.data)) {
    const steps = typeof value.encoding === 'string' && value.encoding ? `${value.encoding}/base64` : 'base64'
    return { ...value, data: value.data.toString('base64'), encoding: steps }
  }
  return value
}

const isCarrier = (value: unknown): value is Carrier =>
  typeof value === 'object' && value !== null && 'data' in value

/** The most levels of a client's value. Deeper values could not be encoded again. */
const deepest = 100

export function decodeValue(bytes: Buffer, format: Format): unknown {
  const value = parse(bytes, format)
  // Each level takes at least two bytes, so short values are not deep.
  if (bytes.length > deepest && isDeeper(value, deepest)) {
    throw badRequest(`unable to read the ${format} body; it is nested more than ${deepest} levels deep`)
  }
  return value
}

function isDeeper(value: unknown, levels: number): boolean {
  if (!isContainer(value)) return false
  if (levels === 0) return true
  if (Array.isArray(value)) return value.some((one) => isDeeper(one, levels - 1))
  for (const key in value) if (isDeeper((value as Record<string, unknown>)[key], levels - 1)) return true
  return false
}

const isContainer = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value)

function parse(bytes: Buffer, format: Format): unknown {
  try {
    return format === 'msgpack' ? decodeMsgpack(bytes) : JSON.parse(bytes.toString())
  } catch (cause) {
    if (cause instanceof RangeError)
      throw badRequest(`unable to read the ${format} body; it is nested too deep`)
    throw badRequest(
      `unable to decode the ${format} body; ${cause instanceof Error ? cause.message : String(cause)}`,
    )
  }
}

/** The fields that every handler relies on. Handlers check the rest. */
const envelope = Object.entries({
  channel: 'string',
  channelSerial: 'string',
  id: 'string',
  flags: 'number',
  msgSerial: 'number',
  params: 'object',
  auth: 'object',
})

/** Decodes a frame. Throws a 40000 when it is not a protocol message. */
export function decodeFrame(bytes: Buffer, format: Format): ProtocolMessage {
  const value = decodeValue(bytes, format)
  if (!isRecord(value) || !Number.isInteger(value.action)) {
    throw badRequest('unable to read the frame; a protocol message is a map with an integer action')
  }
  for (const [field, type] of envelope) {
    const given = value[field]
    if (given === null) delete value[field]
    else if (given !== undefined && typeof given !== type) {
      throw badRequest(`unable to read the frame; ${field} must be a ${type}`)
    }
  }
  return value as unknown as ProtocolMessage
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !Buffer.isBuffer(value)

/** Reads a payload. Base64 text becomes bytes; anything else stays as it is, with its encoding. */
export function readPayload(carrier: Carrier): { data?: Payload; encoding?: string } {
  const { data } = carrier
  if (data === undefined || data === null) return {}
  const encoding = typeof carrier.encoding === 'string' ? carrier.encoding : ''
  if (Buffer.isBuffer(data)) return encoding ? { data, encoding } : { data }
  if (data instanceof Uint8Array) return { ...readPayload({ data: Buffer.from(data), encoding }) }
  if (typeof data !== 'string') {
    throw new AblyError(40013, 400, `unable to use a payload of type ${typeof data}; send a string or bytes`)
  }
  const steps = encoding ? encoding.split('/') : []
  if (steps.at(-1) !== 'base64') return encoding ? { data, encoding } : { data }
  const rest = steps.slice(0, -1).join('/')
  const bytes = Buffer.from(data, 'base64')
  return rest ? { data: bytes, encoding: rest } : { data: bytes }
}

/** A frame to send. It is encoded once per format, for any number of sockets. */
export class Frame {
  readonly message: ProtocolMessage
  #json: Buffer | undefined
  #msgpack: Buffer | undefined

  constructor(message: ProtocolMessage) {
    this.message = message
  }

  encoded(format: Format): Buffer {
    if (format === 'json') return (this.#json ??= encodeFrame(this.message))
    return (this.#msgpack ??= encodeValue(this.message, 'msgpack'))
  }
}

// The replacer costs more than the rest of the encoding, so only frames with bytes use it.
function encodeFrame(message: ProtocolMessage): Buffer {
  const carriers: Carrier[] = message.messages ?? message.presence ?? message.annotations ?? []
  const plain = !carriers.some((carrier) => Buffer.isBuffer(carrier.data))
  return plain ? Buffer.from(JSON.stringify(message)) : encodeValue(message, 'json')
}
