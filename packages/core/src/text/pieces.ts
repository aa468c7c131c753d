import { Tokens } from './tokens.ts'

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
  /** Length before it was edited, where that was heard. */
  was?: number
  /** The tokens that a run was joined from. */
  tokens?: Tokens
}

/** This many newest operations stay apart, so that a late one finds its place at once; older ones become one run. */
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
    if (same.tokens) return this.#putInto(index, same, piece)
    // The original of an edited token came late: its length shows how much is missing before it.
    if (same.edited && !edited && same.was === undefined) {
      this.list[index] = { ...same, was: text.length }
      return true
    }
    // Known already. An edit of a token replaces it.
    if (edited <= (same.edited ?? '') || same.first !== same.key) return false
    this.list[index] = editOf(same, piece)
    return same.text !== text
  }

  /** Puts a token into the run that covers its place: late, or edited. */
  #putInto(index: number, run: Piece, piece: Piece): boolean {
    const { before, own, after } = partRun(run, piece.key)
    if (own && piece.edited === undefined) return false
    this.#replace(index, before, own ? editOf(own, piece) : piece, after)
    return own?.text !== piece.text
  }

  /** Takes an operation out that stands alone. */
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

  /** The one that was taken to follow the delivery before `key`, which comes late. */
  overtaker(key: string): Piece | undefined {
    const index = this.#indexFor(key)
    const next = this.list[this.list[index]?.key === key ? index + 1 : index]
    return next?.prev !== undefined && next.prev < key && key < next.first ? next : undefined
  }

  /** Joins old ones that follow each other, unless they are `apart`, so that memory grows with the text only. */
  compact(apart: (known: string, next: string) => boolean, tokens: boolean): void {
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
        if (tokens) joinTokens((run.tokens ??= Tokens.of(run.key, run.text.length)), piece)
        run.key = piece.key
        run.text += piece.text
        run.end = piece.end
      }
    }
    this.list = [...runs, ...this.list.slice(-WINDOW)]
    // Runs broken by gaps stay apart; what they cost is paid once per window, not per token.
    this.#limit = this.list.length + WINDOW
  }

  #replace(index: number, ...pieces: (Piece | undefined)[]): void {
    this.list.splice(index, 1, ...pieces.filter((piece) => piece !== undefined))
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

type EditedToken = Pick<Piece, 'key' | 'end'> & Partial<Piece>

/** An edited token: its stamp still counts the agent's original text. */
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
 * Parts a run of tokens at `key`: what comes before it, its own token if the run has one of that key, and what comes
 * after it. Each is undefined when there is nothing.
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
