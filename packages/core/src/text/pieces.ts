/** One operation on a text, or a run of operations known to follow each other. */
export interface Piece {
  /** Keys covered. */
  first: string
  key: string
  text: string
  end: number | undefined
  /** The previous delivery on the same attachment: its key, its stamp, and the message's length then. */
  prev: string | undefined
  after: number | undefined
  at: number | undefined
  edited: string | undefined
}

/** This many newest operations stay apart, so that a late one finds its place; older ones become one run. */
const WINDOW = 256

/** The operations on a text that are not in its newest full text, in order. */
export class Pieces {
  list: Piece[] = []
  #limit = 2 * WINDOW

  /** Puts one where it belongs. Returns whether that changes the text. */
  put(piece: Piece): boolean {
    const { key, text, edited = '' } = piece
    const index = this.#indexFor(key)
    const same = this.list[index]
    if (!same || same.first > key) {
      this.list.splice(index, 0, piece)
      return true
    }
    // Known already. An edit of a token that still stands apart replaces it.
    if (edited <= (same.edited ?? '') || same.first !== same.key) return false
    this.list[index] = { ...same, text, edited }
    return same.text !== text
  }

  /** Takes an operation out that stands alone. */
  take(key: string): Piece | undefined {
    const index = this.#indexFor(key)
    const piece = this.list[index]
    if (piece?.first !== key || piece.key !== key) return undefined
    this.list.splice(index, 1)
    return piece
  }

  /** The one that was taken to follow the delivery before `key`, which comes late. */
  overtaker(key: string): Piece | undefined {
    const index = this.#indexFor(key)
    const next = this.list[this.list[index]?.key === key ? index + 1 : index]
    return next?.prev !== undefined && next.prev < key && key < next.first ? next : undefined
  }

  /** Joins old ones that follow each other, unless they are `apart`, so that memory grows with the text only. */
  compact(apart: (known: string, next: string) => boolean): void {
    if (this.list.length <= this.#limit) return
    const runs: Piece[] = []
    for (const piece of this.list.slice(0, -WINDOW)) {
      const run = runs.at(-1)
      const follows =
        run &&
        !apart(run.key, piece.first) &&
        !piece.edited &&
        !run.edited &&
        (run.end === undefined) === (piece.end === undefined) &&
        (piece.end === undefined || run.end! + piece.text.length === piece.end)
      if (!follows) runs.push({ ...piece })
      else {
        run.key = piece.key
        run.text += piece.text
        run.end = piece.end
      }
    }
    this.list = [...runs, ...this.list.slice(-WINDOW)]
    // Runs broken by gaps stay apart; what they cost is paid once per window, not per token.
    this.#limit = this.list.length + WINDOW
  }

  /** Where a key belongs; the piece there covers it, or comes after it. */
  #indexFor(key: string): number {
    let low = 0
    let high = this.list.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.list[middle]!.key < key) low = middle + 1
      else high = middle
    }
    return low
  }
}
