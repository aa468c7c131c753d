import type { InboundMessage } from 'ably'
import { Header } from '@rejoin/core/protocol'
import { headersOf, parsed } from './fields.ts'
import { Pieces } from './pieces.ts'

/** UTF-16 code units of the values kept. */
const MOST = 32_000_000

/** Outputs of client tools that are too large for one message: pieces come before the result (PROTOCOL.md §1.5). */
export class GivenValues {
  readonly #pieces = new Pieces(MOST)

  add(message: InboundMessage): void {
    const headers = headersOf(message)
    const id = headers[Header.Value]
    // Without this header, the piece belongs to one of the agent's own values.
    if (id === undefined || headers[Header.ToolCallId] === undefined) return
    this.#pieces.add(keyOf(id, message.clientId), Number(headers[Header.End]), message.data)
  }

  /**
   * The message with its whole value put in.
   * @throws Error when pieces of the value are missing.
   */
  whole(message: InboundMessage): InboundMessage {
    const headers = headersOf(message)
    const id = headers[Header.Value]
    if (id === undefined) return message
    const whole = { length: Number(headers[Header.Length]), checksum: headers[Header.Checksum] ?? '' }
    const json = this.#pieces.read(keyOf(id, message.clientId), '', whole)
    if (json === undefined) throw new Error('pieces of its value are missing')
    const data = parsed(message.data) as object | undefined
    return { ...message, data: { ...data, result: JSON.parse(json) as unknown } }
  }
}

const keyOf = (id: string, clientId: string | undefined): string => `${clientId ?? ''} ${id}`
