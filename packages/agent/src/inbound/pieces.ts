import { checksum } from '@rejoin/core/protocol'

/** Texts in pieces that are kept at once: a limit, so that a stranger cannot fill the memory. */
const MAX_TEXTS = 100

/** Keeps pieces of texts too long for one message until the message that uses them comes. */
export class Pieces {
  readonly #byKey = new Map<string, Map<number, string>>()
  /** UTF-16 code units kept. */
  readonly #most: number
  #units = 0

  constructor(most: number) {
    this.#most = most
  }

  /** `end`: length of the whole text after the piece. */
  add(key: string, end: number, text: unknown): void {
    if (typeof text !== 'string' || !Number.isSafeInteger(end)) return
    let pieces = this.#byKey.get(key)
    if (!pieces) this.#byKey.set(key, (pieces = new Map()))
    const before = pieces.get(end)?.length ?? 0
    pieces.set(end, text)
    this.#units += text.length - before
    for (const oldest of this.#byKey.keys()) {
      if (oldest === key || (this.#byKey.size <= MAX_TEXTS && this.#units <= this.#most)) break
      this.#forget(oldest)
    }
  }

  /** The whole text that begins with `head`; undefined when a piece is missing. */
  read(key: string, head: string, whole: { length: number; checksum: string }): string | undefined {
    const pieces = this.#byKey.get(key) ?? new Map<number, string>()
    let text = head
    for (const [end, piece] of [...pieces].sort(([a], [b]) => a - b))
      if (end - piece.length === text.length) text += piece
    if (text.length !== whole.length || checksum(text) !== whole.checksum) return undefined
    this.#forget(key)
    return text
  }

  #forget(key: string): void {
    for (const piece of this.#byKey.get(key)?.values() ?? []) this.#units -= piece.length
    this.#byKey.delete(key)
  }
}
