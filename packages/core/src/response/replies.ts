import type { Reply } from './parties.ts'

/** Replies that count: strangers may send any number. */
const MAX_REPLIES = 200
/** UTF-16 code units of values in pieces. */
const MAX_UNITS = 16_000_000
/** Counted for each piece, in the same unit. */
const PIECE_COST = 100

/** What one client replied to one response, by version. */
export class Replies {
  readonly byVersion = new Map<string, Reply>()
  #units = 0
  #whole = 0

  /** Returns whether it is new, and counts. */
  add(reply: Reply): boolean {
    if (this.byVersion.has(reply.version)) return false
    if (reply.type === 'value') this.#units += reply.text.length + PIECE_COST
    else this.#whole++
    if (this.#units > MAX_UNITS || this.#whole > MAX_REPLIES) return false
    this.byVersion.set(reply.version, reply)
    return true
  }
}
