import type { InboundMessage } from 'ably'

/** One thing that happened to a message of the channel, as a subscriber hears it. */
export interface Operation {
  readonly kind: 'create' | 'append' | 'update' | 'delete'
  /** Of the message. */
  readonly serial: string
  /** Of this version of it. */
  readonly version: string
  readonly name: string
  /** For an append, the text it adds; otherwise all of the message's data. */
  readonly data: unknown
  readonly headers: Readonly<Record<string, unknown>>
  /** Metadata of the operation; a create has none. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly clientId: string | undefined
}

const kinds: Record<string, Operation['kind']> = {
  'message.create': 'create',
  'message.append': 'append',
  'message.update': 'update',
  'message.delete': 'delete',
}

/** Reads an Ably message; undefined if it changes nothing, like a summary of annotations. */
export function operationOf(message: InboundMessage): Operation | undefined {
  const kind = kinds[message.action ?? 'message.create']
  if (!kind || !message.serial) return undefined
  return {
    kind,
    serial: message.serial,
    version: message.version?.serial ?? message.serial,
    name: message.name ?? '',
    data: message.data as unknown,
    headers: record((message.extras as { headers?: unknown } | undefined)?.headers),
    metadata: record(message.version?.metadata),
    clientId: message.clientId,
  }
}

/** A header or a field of metadata, if it is a text. */
export function textOf(fields: Readonly<Record<string, unknown>>, key: string): string | undefined {
  const value = fields[key]
  return typeof value === 'string' ? value : undefined
}

/** A message's data as an object, however it travelled. */
export function objectOf(data: unknown): Record<string, unknown> {
  if (typeof data !== 'string') return record(data)
  try {
    return record(JSON.parse(data))
  } catch {
    return {}
  }
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {}
}
