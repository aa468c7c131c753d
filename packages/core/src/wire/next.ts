import type { InboundMessage } from 'ably'
import { CITATIONS, Header, Metadata, Phase } from '../protocol/names.ts'
import { claimOf, fields, headersOf, stamp } from './fields.ts'
import type { Fields } from './fields.ts'

/**
 * The stamp of a message that says nothing but what comes after `before`, a stamped append or token, whose event was text:
 * the length of the whole text, in UTF-16 code units. The two differ in their text and its stamp only, and in what orders
 * them, so no event needs to be made. Undefined if it says anything else: then it is to be decoded. Most messages are such.
 */
export function stampOfNext(message: InboundMessage, before: InboundMessage): number | undefined {
  const { data, serial, version, action } = message
  const headers = headersOf(message)
  if (typeof data !== 'string' || message.encoding) return undefined
  if (!isBySame(message, before) || !isAlike(headers, headersOf(before)) || isCited(message)) return undefined
  const grows = action === 'message.append'
  // Which of the two a message is, its header may tell.
  if (grows ? serial !== before.serial || headers[Header.End] !== undefined : action !== 'message.create')
    return undefined
  const stamps = grows ? fields(version?.metadata) : headers
  if (stamps[Metadata.Checksum] !== undefined || stamps[Metadata.Phase] === Phase.Done) return undefined
  if (typeof updatedAtOf(message) !== 'number') return undefined
  return stamp(stamps[Metadata.End])
}

/** What orders it: the serial of a token, or the version of a message that grows. */
export const keyOf = ({ action, serial, version }: InboundMessage): string | undefined =>
  action === 'message.append' ? version?.serial : serial

/** In milliseconds since the epoch. */
export const updatedAtOf = ({ version, timestamp }: InboundMessage): number => version?.timestamp ?? timestamp

/** Whether two messages are of one name and publisher, and nobody else has changed the later one. */
function isBySame(message: InboundMessage, before: InboundMessage): boolean {
  const { clientId, version } = message
  return (
    message.action === before.action &&
    message.name === before.name &&
    clientId === before.clientId &&
    message.connectionId === before.connectionId &&
    (version?.clientId ?? clientId) === clientId &&
    claimOf(message) === claimOf(before)
  )
}

/** Whether the headers of two texts say the same of all that a text is read from, but for its stamp. */
const isAlike = (a: Fields, b: Fields): boolean =>
  a[Header.ResponseId] === b[Header.ResponseId] &&
  a[Header.Part] === b[Header.Part] &&
  a[Header.Rejoin] === b[Header.Rejoin] &&
  a[Header.Presence] === b[Header.Presence] &&
  a[Header.PromptId] === b[Header.PromptId] &&
  a[Header.Phase] === b[Header.Phase]

const isCited = ({ annotations }: InboundMessage): boolean =>
  fields(annotations?.summary)[CITATIONS] !== undefined
