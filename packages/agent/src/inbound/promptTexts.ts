import type { InboundMessage } from 'ably'
import { checksum, Header } from '@rejoin/core/protocol'
import { headersOf } from './fields.ts'

/** Prompts whose pieces are kept at once, and UTF-16 code units of them: a stranger must not fill the memory. */
const MAX_PROMPTS = 100
const MAX_UNITS = 8_000_000

/** Pieces of prompts that are too long for one message: they come before the prompt (PROTOCOL.md §2.8). */
export class PromptTexts {
  readonly #pieces = new Map<string, Map<number, string>>()
  #units = 0

  add(message: InboundMessage): void {
    const headers = headersOf(message)
    const promptId = headers[Header.PromptId]
    const end = Number(headers[Header.End])
    if (promptId === undefined || typeof message.data !== 'string' || !Number.isSafeInteger(end)) return
    const key = keyOf(promptId, message.clientId)
    let pieces = this.#pieces.get(key)
    if (!pieces) this.#pieces.set(key, (pieces = new Map()))
    const before = pieces.get(end)?.length ?? 0
    pieces.set(end, message.data)
    this.#units += message.data.length - before
    for (const oldest of this.#pieces.keys()) {
      if (oldest === key || (this.#pieces.size <= MAX_PROMPTS && this.#units <= MAX_UNITS)) break
      this.#forget(oldest)
    }
  }

  /** All of a prompt's text; undefined when a piece is missing. */
  read(
    promptId: string,
    clientId: string | undefined,
    head: string,
    whole: { length: number; checksum: string },
  ): string | undefined {
    const key = keyOf(promptId, clientId)
    const pieces = this.#pieces.get(key) ?? new Map<number, string>()
    let text = head
    for (const [end, piece] of [...pieces].sort(([a], [b]) => a - b))
      if (end - piece.length === text.length) text += piece
    if (text.length !== whole.length || checksum(text) !== whole.checksum) return undefined
    this.#forget(key)
    return text
  }

  #forget(key: string): void {
    for (const piece of this.#pieces.get(key)?.values() ?? []) this.#units -= piece.length
    this.#pieces.delete(key)
  }
}

const keyOf = (promptId: string, clientId: string | undefined): string => `${clientId ?? ''} ${promptId}`
