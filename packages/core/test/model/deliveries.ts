import type { InboundMessage } from 'ably'
import { checksum } from '../../src/protocol/checksum.ts'

export type Pattern = 'message-per-response' | 'message-per-token'

/** The messages of one stamped response (PROTOCOL.md §4), as the SDK hands them to a subscriber. */
export interface Deliveries {
  responseId: string
  text: string
  /** The first token: the create of a message that grows, or `start` and a token. */
  first: readonly InboundMessage[]
  /** One a token. */
  tokens: readonly InboundMessage[]
  /** Closes the part and ends the response. */
  last: readonly InboundMessage[]
}

/** Milliseconds between two tokens on the simulated clock. */
const PACE = 20
let clock = Date.UTC(2026, 0, 1)

/** The next serial: later ones sort after earlier ones. */
function nextSerial(): { serial: string; timestamp: number } {
  const timestamp = (clock += PACE)
  return { serial: `0${timestamp}-000@bench:000`, timestamp }
}

/** `count` tokens of four to seven characters, as models make them. */
export function makeTokens(count: number): string[] {
  return Array.from({ length: count }, (_, i) => ` w${String(i * 7919).slice(-6)}`)
}

function message(
  fields: Pick<InboundMessage, 'name' | 'data'> & {
    action?: InboundMessage['action']
    of?: InboundMessage
    headers: Record<string, string>
    metadata?: Record<string, string>
  },
): InboundMessage {
  const { serial, timestamp } = nextSerial()
  const { action = 'message.create', of, headers, metadata, name, data } = fields
  return {
    id: `${serial}:0`,
    name,
    data,
    clientId: 'agent',
    connectionId: 'agent-1',
    timestamp: of?.timestamp ?? timestamp,
    extras: { headers },
    action,
    serial: of?.serial ?? serial,
    version: { serial, timestamp, ...(of && { clientId: 'agent', metadata }) },
    annotations: { summary: {} },
  }
}

/** One response of `tokens`, stamped, in the given pattern. */
export function deliveriesOf(pattern: Pattern, responseId: string, tokens: readonly string[]): Deliveries {
  return asReceived(compose(pattern, responseId, tokens))
}

/** As from a socket: no string or object is shared between two messages, and their objects are made alike. */
const asReceived = <T>(sent: T): T => JSON.parse(JSON.stringify(sent)) as T

function compose(pattern: Pattern, responseId: string, tokens: readonly string[]): Deliveries {
  const text = tokens.join('')
  const ids = { rejoin: '1', responseId }
  const part = { ...ids, part: '0' }
  const closing = { end: String(text.length), phase: 'done', checksum: checksum(text) }
  let end = tokens[0]!.length
  const later = tokens.slice(1)
  if (pattern === 'message-per-response') {
    const create = message({ name: 'response', data: tokens[0], headers: part })
    const append = (data: string, metadata: Record<string, string>) =>
      message({ name: 'response', data, action: 'message.append', of: create, headers: part, metadata })
    return {
      responseId,
      text,
      first: [create],
      tokens: later.map((data) => append(data, { end: String((end += data.length)), phase: 'streaming' })),
      last: [
        append('', closing),
        message({ name: 'response-end', data: undefined, headers: { ...ids, status: 'complete' } }),
      ],
    }
  }
  const token = (data: string) => message({ name: 'token', data, headers: { ...part, end: String(end) } })
  return {
    responseId,
    text,
    first: [message({ name: 'start', data: undefined, headers: ids }), token(tokens[0]!)],
    tokens: later.map((data) => ((end += data.length), token(data))),
    last: [
      message({ name: 'token', data: '', headers: { ...part, ...closing } }),
      message({ name: 'stop', data: undefined, headers: { ...ids, status: 'complete' } }),
    ],
  }
}

/** The message of a response that is over, as history has it: one, whole. */
export function wholeMessage(responseId: string, text: string): InboundMessage[] {
  const ids = { rejoin: '1', responseId }
  const create = message({ name: 'response', data: '', headers: { ...ids, part: '0' } })
  const metadata = { end: String(text.length), phase: 'done', checksum: checksum(text) }
  return asReceived([
    message({
      name: 'response',
      data: text,
      action: 'message.update',
      of: create,
      headers: { ...ids, part: '0' },
      metadata,
    }),
    message({ name: 'response-end', data: undefined, headers: { ...ids, status: 'complete' } }),
  ])
}
