import { added } from '../types/same.ts'
import { Tokens } from './tokens.ts'

/** One operation on a text, or a run of operations known to follow each other. */
export interface Piece {
  /** The range of keys covered, both inclusive. */
  first: string
  key: string
  text: string
  end: number | undefined
  /** The previous delivery on the same attachment: its key, its stamp, and the message's length then. */
  prev: string | undefined
  after: number | undefined
  at: number | undefined
  edited: string | undefined
  /** Its text cannot be read. */
  lost?: boolean | undefined
  /** Length before the edit, if known. */
  was?: number
  /** The tokens that were joined into it. */
  tokens?: Tokens
}

/** This many of the newest operations stay apart, so that a late one is placed quickly; older ones are joined. */
const WINDOW = 256

/** The operations on a text that its newest full text does not contain, in order. */
export class Pieces {
  list: Piece[] = []
  #limit = 2 * WINDOW

  /** Inserts one in its place. Returns whether the text changes. */
  put(piece: Piece): boolean {
    const { key, text, edited = '' } = piece
    const index = this.#indexFor(key)
    const same = this.list[index]
    if (!same || same.first > key) {
      if (index === this.list.length) this.list = added(this.list, piece)
      else this.list.splice(index, 0, piece)
      return true
    }
    if (same.tokens) return this.#putInto(index, same, piece)
    if (same.lost && !piece.lost) {
      this.list[index] = piece
      return true
    }
    // The original of an edited token came late: its length shows how much is missing before it, and its stamp counts.
    if (same.edited && !edited && same.was === undefined) {
      this.list[index] = { ...same, was: text.length, end: piece.end ?? same.end }
      return true
    }
    // Already known, unless it edits the token.
    if (edited <= (same.edited ?? '') || same.first !== same.key) return false
    this.list[index] = editOf(same, piece)
    // Even if the text is unchanged: an edited text no longer counts as its agent declared it.
    return true
  }

  /** Puts a late or edited token into the joined piece that covers its place. */
  #putInto(index: number, run: Piece, piece: Piece): boolean {
    const { before, own, after } = partRun(run, piece.key)
    if (own && piece.edited === undefined) return false
    this.#replace(index, before, own ? editOf(own, piece) : piece, after)
    return true
  }

  /** Removes an operation that was not joined to others. */
  take(key: string): Piece | undefined {
    const index = this.#indexFor(key)
    const piece = this.list[index]
    if (piece?.tokens && piece.first <= key) {
      const { before, own, after } = partRun(piece, key)
      if (own) this.#replace(index, before, after)
      return own
    }
    if (piece?.first !== key || piece.key !== key) return undefined
    this.list.splice(index, 1)
    return piece
  }

  /** The operation assumed to follow the one before `key`, now that `key` arrives late between them. */
  overtaker(key: string): Piece | undefined {
    const index = this.#indexFor(key)
    const next = this.list[this.list[index]?.key === key ? index + 1 : index]
    return next?.prev !== undefined && next.prev < key && key < next.first ? next : undefined
  }

  /** There are enough of them to be joined. */
  get isLong(): boolean {
    return this.list.length > this.#limit
  }

  /** Joins old operations that follow each other, unless they are `apart`, so that memory grows only with the text. */
  compact(apart: (known: string, next: string) => boolean, tokens: boolean): void {
    const runs: Piece[] = []
    for (const piece of this.list.slice(0, -WINDOW)) {
      const run = runs.at(-1)
      const follows =
        run &&
        !apart(run.key, piece.first) &&
        !piece.edited &&
        !run.edited &&
        run.lost === piece.lost &&
        (run.end === undefined) === (piece.end === undefined) &&
        (piece.end === undefined || run.end! + piece.text.length === piece.end)
      if (!follows) runs.push({ ...piece })
      else {
        if (tokens) joinTokens((run.tokens ??= Tokens.of(run.key, run.text.length)), piece)
        run.key = piece.key
        run.text += piece.text
        run.end = piece.end
      }
    }
    this.list = [...runs, ...this.list.slice(-WINDOW)]
    // Pieces separated by gaps stay apart: compact once per window, not per token.
    this.#limit = this.list.length + WINDOW
  }

  #replace(index: number, ...pieces: (Piece | undefined)[]): void {
    this.list.splice(index, 1, ...pieces.filter((piece) => piece !== undefined))
  }

  /** The index where a key belongs: the piece there covers the key or follows it. */
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

/** Shared, because most texts have none and are kept for long. */
export const noPieces: Pieces = /* @__PURE__ */ Object.freeze(/* @__PURE__ */ new Pieces()) as Pieces

/** An edited token whose own length was not heard: its stamp does not tell whether text is missing before it. */
export const isUntold = ({ edited, was }: Piece): boolean => edited !== undefined && was === undefined

type EditedToken = Pick<Piece, 'key' | 'end'> & Partial<Piece>

/** The piece of an edited token. Its stamp still counts the agent's original text. */
export function editOf(
  { key, end, text: known, edited: before, was = before ? undefined : known?.length }: EditedToken,
  { text, edited }: Pick<Piece, 'text' | 'edited'>,
): Piece {
  return { ...apart, first: key, key, end, text, edited, was }
}

/** Adds the tokens of a piece to those of the text before it. */
export function joinTokens(known: Tokens, { key, text, tokens }: Piece): void {
  if (tokens) known.join(tokens)
  else known.add(key, text.length)
}

/**
 * Splits a joined piece at `key`: the tokens before it, the token with that key, and the tokens after it. Each is
 * undefined if there is none.
 */
export function partRun(
  run: Pick<Piece, 'text' | 'end' | 'tokens'>,
  key: string,
): Record<'before' | 'own' | 'after', Piece | undefined> {
  const { before, length, after, rest } = run.tokens!.part(key)
  const to = run.text.length - rest
  const from = to - (length ?? 0)
  const piece = (tokens: Tokens, start: number, stop: number): Piece | undefined =>
    tokens.first === undefined
      ? undefined
      : {
          ...apart,
          first: tokens.first,
          key: tokens.last!,
          text: run.text.slice(start, stop),
          end: run.end === undefined ? undefined : run.end - run.text.length + stop,
          tokens,
        }
  return {
    before: piece(before, 0, from),
    own: length === undefined ? undefined : piece(Tokens.of(key, length), from, to),
    after: piece(after, to, run.text.length),
  }
}

const apart = { prev: undefined, after: undefined, at: undefined, edited: undefined }
