import { isRecord, readPayload } from '../wire/codec.ts'
import { AblyError, badRequest } from '../wire/errors.ts'
import {
  MessageAction,
  type MessageVersion,
  type Payload,
  type WireAnnotation,
  type WireMessage,
} from '../wire/protocol.ts'
import { byteLength, operationSize, sizeOf } from './size.ts'
import type { SummaryState } from './summary.ts'

/** One message of a channel: its latest state and its past. */
export interface Message {
  readonly serial: string
  readonly id: string
  readonly timestamp: number
  readonly clientId: string | undefined
  readonly connectionId: string | undefined
  name: string | undefined
  data: Payload | undefined
  encoding: string | undefined
  extras: Record<string, unknown> | undefined
  action: 0 | 1 | 2
  version: MessageVersion & { serial: string; timestamp: number }
  /** Bytes as the size limit counts them. */
  size: number
  /** The channel serial of the last frame that touched it. It tells what an attachment has seen of the message. */
  touched: string
  /** Bytes beside `size`: the last operation's description and metadata, earlier versions, annotations. */
  weight: { operation: number; past: number; annotations: number }
  /** Earlier versions, oldest first. An append grows the current version; it does not make a new one. */
  past: WireMessage[]
  summary?: SummaryState
  /** Annotations, oldest first. */
  annotations?: WireAnnotation[]
}

/** A client's message after validation: only fields that clients may set. */
export interface MessageInput {
  id: string | undefined
  name: string | undefined
  data: Payload | undefined
  encoding: string | undefined
  clientId: string | undefined
  extras: Record<string, unknown> | undefined
  action: number
  serial: string | undefined
  operation: MessageVersion
  operationSize: number
  size: number
}

const extrasKeys = new Set(['headers', 'ref', 'push', 'delta', 'ephemeral', 'ai', 'privileged', 'userClaim'])

/** Reads a message from a client. Throws the error that the service would answer. */
export function readMessage(wire: unknown): MessageInput {
  if (!isRecord(wire)) throw badRequest('unable to publish; each message must be an object')
  const { data, encoding } = readPayload(wire)
  const name = text(wire.name, 'name')
  const clientId = text(wire.clientId, 'clientId')
  const extras = readExtras(wire.extras)
  const operation = readOperation(wire.version)
  return {
    id: readId(wire.id),
    name,
    data,
    encoding,
    clientId,
    extras,
    action: readAction(wire.action),
    serial: text(wire.serial, 'serial'),
    operation,
    operationSize: operationSize(operation),
    size: sizeOf(data, name, extras) + byteLength(clientId),
  }
}

const longestId = 1024

function readId(value: unknown): string | undefined {
  const id = text(value, 'id')
  if (id === undefined || id.length <= longestId) return id
  throw new AblyError(40031, 400, `unable to publish; an id has at most ${longestId} characters`)
}

function text(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return value
  throw badRequest(`unable to publish; ${field} must be a string`)
}

function readAction(action: unknown): number {
  if (action === undefined || action === null) return MessageAction.create
  const known: unknown[] = [
    MessageAction.create,
    MessageAction.update,
    MessageAction.delete,
    MessageAction.append,
  ]
  if (known.includes(action)) return action as number
  throw badRequest(
    `unable to publish; messages with action ${JSON.stringify(action)} are made by the server only`,
  )
}

function readOperation(version: unknown): MessageVersion {
  if (!isRecord(version)) return {}
  const { clientId, description, metadata } = version
  const operation: MessageVersion = {}
  if (typeof clientId === 'string') operation.clientId = clientId
  if (typeof description === 'string') operation.description = description
  if (isRecord(metadata)) operation.metadata = metadata as Record<string, string>
  return operation
}

function readExtras(extras: unknown): Record<string, unknown> | undefined {
  if (extras === undefined || extras === null) return undefined
  if (!isRecord(extras)) throw new AblyError(40032, 400, 'unable to publish; extras must be an object')
  for (const key of Object.keys(extras)) {
    if (!extrasKeys.has(key))
      throw new AblyError(40032, 400, `unable to publish; unknown key ${key} in extras`)
  }
  if (extras.push !== undefined) {
    throw new AblyError(
      40032,
      400,
      'unable to publish with extras.push; local-ably does not have push notifications',
    )
  }
  const { headers, userClaim: _forged, ...rest } = extras
  if (headers === undefined || headers === null) return rest
  if (
    !isRecord(headers) ||
    Object.values(headers).some((value) => typeof value === 'object' && value !== null)
  ) {
    throw new AblyError(40032, 400, 'unable to publish; extras.headers must be a flat object')
  }
  return { ...rest, headers }
}

/** The message on the wire: its whole latest state. */
export function toWire(message: Message): WireMessage {
  const wire: WireMessage = { id: message.id }
  if (message.name !== undefined) wire.name = message.name
  if (message.data !== undefined) {
    wire.data = message.data
    if (message.encoding !== undefined) wire.encoding = message.encoding
  }
  if (message.clientId !== undefined) wire.clientId = message.clientId
  if (message.connectionId !== undefined) wire.connectionId = message.connectionId
  wire.timestamp = message.timestamp
  if (message.extras !== undefined) wire.extras = message.extras
  wire.action = message.action
  wire.serial = message.serial
  wire.version = message.version
  if (message.summary) wire.annotations = { summary: message.summary.toWire() }
  return wire
}

/** An append on the wire, for a subscriber that has the message: the new slice with the message's identity. */
export function toAppend(message: Message, slice: MessageInput): WireMessage {
  const { data: _whole, encoding: _encoding, ...wire } = toWire(message)
  wire.action = MessageAction.append
  if (slice.data === undefined) return wire
  const encoding = slice.encoding ?? message.encoding
  return encoding === undefined ? { ...wire, data: slice.data } : { ...wire, data: slice.data, encoding }
}

/** Joins an append to the payload. Text joins text and bytes join bytes; anything else is a 40013. */
export function joinPayload(whole: Payload | undefined, slice: Payload | undefined): Payload | undefined {
  if (slice === undefined) return whole
  if (whole === undefined) return slice
  if (typeof whole === 'string' && typeof slice === 'string') return whole + slice
  if (Buffer.isBuffer(whole) && Buffer.isBuffer(slice)) return Buffer.concat([whole, slice])
  // An empty payload takes the type of the first append: an agent may open with '' and stream bytes.
  if (whole.length === 0) return slice
  throw new AblyError(
    40013,
    400,
    'unable to append; text and bytes do not mix, append the type that the message has',
  )
}

/** Merges two appends to one message. */
export function mergeAppends(first: MessageInput, second: MessageInput): MessageInput {
  return {
    ...second,
    name: second.name ?? first.name,
    extras: second.extras ?? first.extras,
    encoding: second.encoding ?? first.encoding,
    data: joinPayload(first.data, second.data),
    size: first.size + second.size,
  }
}
