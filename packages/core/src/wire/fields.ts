import type { InboundMessage } from 'ably'
import type { EventMeta, TextEvent } from '../protocol/event.ts'
import { isTooDeep, MAX_DEPTH } from '../protocol/depth.ts'
import { Header, Metadata, PROTOCOL_VERSION } from '../protocol/names.ts'
import { undecoded } from '../protocol/undecoded.ts'

/** Data, headers or metadata of a message, of unknown content. */
export type Fields = Record<string, unknown>

export const none: Fields = Object.freeze({})

export function readMeta(message: InboundMessage, headers: Fields): EventMeta {
  const serial = serialOf(message)
  const version = string(message.version?.serial) ?? serial
  return {
    serial,
    // Kept for long, and usually the same: once.
    version: version === serial ? serial : version,
    responseId: string(headers[Header.ResponseId]),
    promptId: string(headers[Header.PromptId]),
    part: string(headers[Header.Part]),
    clientId: string(message.clientId),
    timestamp: time(message.timestamp),
    updatedAt: time(message.version?.timestamp ?? message.timestamp),
    strict: isStrict(headers),
    watched: isStrict(headers) && isWatched(headers),
    epoch: undefined,
    userClaim: undefined,
    editor: undefined,
  }
}

/**
 * A text event as one flat literal, since every token passes here: spreads and assignments make objects that V8 handles
 * slowly (measured: 30 µs a token instead of 1). `text`: undefined if it cannot be read.
 */
export function textEvent(
  message: InboundMessage,
  headers: Fields,
  kind: TextEvent['kind'],
  unit: TextEvent['unit'],
  op: TextEvent['op'],
  create: boolean,
  text: string | undefined,
  stamps: Fields,
  done: boolean | undefined,
): TextEvent {
  const serial = serialOf(message)
  const { version, timestamp } = message
  const isPlain = op === 'append' && done !== true
  const given = isPlain ? headers : copyOf(headers)
  const declared = isPlain ? stamps : copyOf(stamps)
  const strict = isStrict(given)
  return {
    type: 'text',
    serial,
    // A first version has no other serial: two that are the same object are fast to compare.
    version: create ? serial : (string(version?.serial) ?? serial),
    responseId: string(given[Header.ResponseId]),
    promptId: string(given[Header.PromptId]),
    part: string(given[Header.Part]),
    clientId: string(message.clientId),
    timestamp: time(timestamp),
    updatedAt: time(version?.timestamp ?? timestamp),
    strict,
    watched: strict && isWatched(given),
    epoch: undefined,
    userClaim: undefined,
    editor: undefined,
    kind,
    unit,
    op: text === undefined ? 'lost' : op,
    create,
    connectionId: string(message.connectionId),
    text: text ?? '',
    end: stamp(declared[Metadata.End]),
    checksum: string(declared[Metadata.Checksum]),
    done,
    toolCallId: kind === 'tool' ? string(given[Header.ToolCallId]) : undefined,
    toolName: kind === 'tool' ? string(given[Header.ToolName]) : undefined,
    continues: unit === 'message' ? string(given[Header.Continues]) : undefined,
  }
}

/** What a text is read from, each absent. Kept, or the engine forgets the shape of its copies. */
const blank: Fields = /* @__PURE__ */ Object.fromEntries(
  [
    Header.Rejoin,
    Header.Presence,
    Header.ResponseId,
    Header.PromptId,
    Header.Part,
    Header.ToolCallId,
    Header.ToolName,
    Header.Continues,
    Metadata.End,
    Metadata.Checksum,
  ].map((name) => [name, undefined]),
)

/**
 * A copy of what a text is read from. Code that sees objects of many shapes is slow, but the headers of tokens have few:
 * so tokens are read from their own, and all other messages from such a copy.
 */
function copyOf(headers: Fields): Fields {
  const copy = { ...blank }
  for (const name in copy) copy[name] = headers[name]
  return copy
}

const time = (value: unknown): number => (typeof value === 'number' ? value : 0)

const isStrict = (headers: Fields): boolean => headers[Header.Rejoin] === PROTOCOL_VERSION
const isWatched = (headers: Fields): boolean => headers[Header.Presence] !== 'none'

function serialOf(message: InboundMessage): string {
  const serial = message.serial ?? message.id
  if (typeof serial !== 'string' || serial.length === 0) throw new Error('it has no serial')
  return serial
}

/** Whether a message is an append, update or delete. */
export function isOperation({ action }: InboundMessage): boolean {
  // One comparison for most tokens.
  if (action === 'message.create') return false
  return action === 'message.append' || action === 'message.update' || action === 'message.delete'
}

export function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : none
}

export const headersOf = ({ extras }: InboundMessage): Fields =>
  fields((extras as { headers?: unknown } | undefined)?.headers)

/** The claim of a message's publisher, as Ably verified it. */
export function claimOf({ extras }: InboundMessage): string | undefined {
  const claim: unknown = (extras as { userClaim?: unknown } | undefined)?.userClaim
  return typeof claim === 'string' ? claim : undefined
}

export function string(value: unknown): string | undefined {
  return typeof value === 'string' && value.length > 0 ? value : undefined
}

/** The data of a message. Throws if it is still encoded: Ably removes the encodings that it could undo. */
export function decoded({ data, encoding }: InboundMessage): unknown {
  if (encoding) throw new Error(undecoded(encoding))
  return data
}

/** The text of a message, empty if it has no data; undefined if it cannot be read. */
export function text({ data, encoding }: InboundMessage): string | undefined {
  if (encoding) return undefined
  if (typeof data === 'string') return data
  return data === undefined || data === null ? '' : undefined
}

/** Call after its event was emitted: throws if a text could not be read. */
export function checkText(read: string | undefined, message: InboundMessage): asserts read is string {
  if (read !== undefined) return
  decoded(message)
  throw new Error('its data is not text')
}

/** §5.10: a stamp counts as absent unless it is a whole number of at least 0. */
export function stamp(value: unknown): number | undefined {
  let number = value as number
  if (typeof value === 'string') {
    // Digit by digit, for every token: a third of the cost of a regular expression.
    number = value === '' ? -1 : 0
    for (let i = 0; i < value.length; i++) {
      const digit = value.charCodeAt(i) - 48
      if (digit < 0 || digit > 9) return undefined
      number = number * 10 + digit
    }
  }
  return Number.isSafeInteger(number) && number >= 0 ? number : undefined
}

/** A message's value. Agents in some languages publish objects as JSON text. */
export function json(data: unknown): unknown {
  const value = typeof data === 'string' ? parsed(data) : data
  if (isTooDeep(value)) throw new Error(`its data is nested more than ${MAX_DEPTH} deep`)
  return value
}

/** The fields of a message's data; none if it is no object. Throws if it is still encoded. */
export const bodyOf = (message: InboundMessage): Fields => fields(json(decoded(message)))

/**
 * An application's value. Agents in some languages publish objects as JSON text; a `strict` agent, which follows
 * PROTOCOL.md, does not, so its text stays text.
 */
export function valueOf(data: unknown, strict: boolean): unknown {
  const value = json(data)
  return typeof data === 'string' && (strict || typeof value !== 'object') ? data : value
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
