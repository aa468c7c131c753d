import type { Message } from 'ably'
import { checksum, Header, MessageName, newId } from '@rejoin/core/protocol'
import type { LaneEntry } from '../publish/lane.ts'
import { fitting, utf8Length } from './unicode.ts'

/** The field of a message's data that may travel in pieces (PROTOCOL.md §1.5); `''`: all of its data. */
export function largeField(name: string): string | undefined {
  if (name === MessageName.ToolCall) return 'args'
  if (name === MessageName.ToolResult) return 'result'
  if (name === MessageName.ApprovalRequest) return 'arguments'
  if (name === MessageName.File) return 'url'
  return name.startsWith(MessageName.DataPrefix) ? '' : undefined
}

/** A value too large for one message: its JSON text travels in pieces, before the message that uses the value. */
export class LargeValue {
  /** Data of the message that uses the value. */
  readonly data: unknown
  /** Headers of that message. */
  readonly headers: Record<string, string>
  readonly #json: string
  readonly #id = newId()

  constructor(data: unknown, field: string) {
    const { [field]: value = data, ...rest } = Object(data) as Record<string, unknown>
    this.data = field === '' ? undefined : rest
    this.#json = JSON.stringify(value)
    this.headers = {
      [Header.Value]: this.#id,
      [Header.Length]: String(this.#json.length),
      [Header.Checksum]: checksum(this.#json),
    }
  }

  /** The pieces as lane entries, each of at most `room` bytes; `wrap` makes a message of the response. */
  entries(
    room: number,
    wrap: (name: string, data: string, headers: Record<string, string>) => Message,
    failed: LaneEntry['failed'],
  ): LaneEntry[] {
    const entries: LaneEntry[] = []
    for (let at = 0; at < this.#json.length;) {
      // Search only a window: a code unit takes at least one byte.
      const length = fitting(this.#json.slice(at, at + room), room)
      entries.push(this.#entry(at, at + length, wrap, failed))
      at += length
    }
    return entries
  }

  #entry(
    from: number,
    to: number,
    wrap: (name: string, data: string, headers: Record<string, string>) => Message,
    failed: LaneEntry['failed'],
  ): LaneEntry {
    const text = this.#json.slice(from, to)
    return {
      make: () => wrap(MessageName.Value, text, { [Header.Value]: this.#id, [Header.End]: String(to) }),
      // The channel accepts less than assumed: split the piece in two.
      split: () => {
        const half = from + fitting(text, Math.floor(utf8Length(text) / 2))
        if (text.length < 64) return undefined
        return [this.#entry(from, half, wrap, failed), this.#entry(half, to, wrap, failed)]
      },
      done: () => {},
      failed,
    }
  }
}
