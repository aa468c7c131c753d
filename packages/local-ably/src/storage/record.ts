import { readCapability, type Capability } from '../auth/capability.ts'
import type { Message } from '../channel/message.ts'
import { SummaryState } from '../channel/summary.ts'
import type { Namespace } from '../settings.ts'
import { isRecord } from '../wire/codec.ts'

export interface AppRecord {
  kind: 'app'
  id: string
  namespaces?: Namespace[]
  keys: { name: string; secret: string; capability: Capability; revocableTokens: boolean }[]
}

export interface MessageRecord {
  kind: 'message'
  app: string
  channel: string
  message: Omit<Message, 'summary' | 'weight'>
}

/** A deleted app. Its messages are deleted too. */
export interface GoneRecord {
  kind: 'gone'
  app: string
}

export type StoredRecord = AppRecord | MessageRecord | GoneRecord

/** One line of a file. Bytes are written as Node writes a Buffer. */
export function serialise(record: StoredRecord): string {
  return `${JSON.stringify(record.kind === 'message' ? withoutDerived(record) : record)}\n`
}

function withoutDerived(record: MessageRecord): object {
  const { summary: _summary, weight: _weight, ...message } = record.message as Message
  return { ...record, message }
}

/** Reads a line. Throws what is wrong with it. */
export function parseRecord(line: string): StoredRecord {
  const value: unknown = JSON.parse(line)
  if (!isRecord(value)) throw new Error('it is not an object')
  if (value.kind === 'app') return readApp(value)
  if (value.kind === 'message') return readStoredMessage(value)
  if (value.kind === 'gone') return { kind: 'gone', app: text(value, 'app') }
  throw new Error(`kind ${JSON.stringify(value.kind)} is unknown`)
}

/** Restores a payload of bytes from its written form. */
function revivePayload(carrier: Record<string, unknown>): void {
  const { data } = carrier
  if (isRecord(data) && data.type === 'Buffer' && Array.isArray(data.data)) {
    carrier.data = Buffer.from(data.data as number[])
  }
}

function readApp(value: Record<string, unknown>): AppRecord {
  const { namespaces, keys } = value
  if (!Array.isArray(keys)) throw new Error('keys is not a list')
  const record: AppRecord = { kind: 'app', id: text(value, 'id'), keys: keys.map(readKey) }
  if (namespaces === undefined) return record
  if (!Array.isArray(namespaces) || !namespaces.every(isRecord))
    throw new Error('namespaces is not a list of objects')
  return { ...record, namespaces: namespaces.map((one) => ({ ...one, id: text(one, 'id') })) }
}

function readKey(key: unknown): AppRecord['keys'][number] {
  if (!isRecord(key)) throw new Error('a key is not an object')
  return {
    name: text(key, 'name'),
    secret: text(key, 'secret'),
    capability: readCapability(key.capability),
    revocableTokens: key.revocableTokens === true,
  }
}

function readStoredMessage(value: Record<string, unknown>): MessageRecord {
  const { message } = value
  if (!isRecord(message) || !isRecord(message.version)) throw new Error('message is not a message')
  for (const field of ['serial', 'id', 'touched']) text(message, field)
  for (const field of ['timestamp', 'action', 'size']) number(message, field)
  text(message.version, 'serial')
  number(message.version, 'timestamp')
  for (const field of ['name', 'encoding', 'clientId', 'connectionId']) optional(message, field, 'string')
  optional(message, 'extras', 'object')
  if (!/^\d{14}-\d{3}@/.test(message.touched as string)) throw new Error('touched is not a serial')
  if (!Array.isArray(message.past) || !message.past.every(isRecord))
    throw new Error('past is not a list of objects')
  revivePayload(message)
  message.past.forEach(revivePayload)
  if (message.data !== undefined && typeof message.data !== 'string' && !Buffer.isBuffer(message.data)) {
    throw new Error('data is neither text nor bytes')
  }
  if (
    message.annotations !== undefined &&
    !(Array.isArray(message.annotations) && message.annotations.every(isRecord))
  ) {
    throw new Error('annotations is not a list of objects')
  }
  message.annotations?.forEach(revivePayload)
  const stored = message as unknown as MessageRecord['message']
  return { kind: 'message', app: text(value, 'app'), channel: text(value, 'channel'), message: stored }
}

function text(value: Record<string, unknown>, field: string): string {
  const found = value[field]
  if (typeof found === 'string') return found
  throw new Error(`${field} is not a string`)
}

function number(value: Record<string, unknown>, field: string): void {
  if (typeof value[field] !== 'number') throw new Error(`${field} is not a number`)
}

function optional(value: Record<string, unknown>, field: string, type: string): void {
  const found = value[field]
  if (found !== undefined && (typeof found !== type || found === null))
    throw new Error(`${field} is not a ${type}`)
}

/** Restores a message and its summary. */
export function reviveMessage(record: MessageRecord): Omit<Message, 'weight'> {
  const message: Omit<Message, 'weight'> = { ...record.message }
  for (const annotation of message.annotations ?? []) {
    message.summary ??= new SummaryState()
    message.summary.apply(annotation)
  }
  return message
}
