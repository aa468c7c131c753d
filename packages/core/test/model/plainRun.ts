import { covers } from '../../src/text/coverage.ts'
import type { Break, Coverage } from '../../src/text/coverage.ts'
import { Declared } from '../../src/text/declared.ts'
import type { Fragment, FullText, Run } from '../../src/text/run.ts'
import { ShownText } from '../../src/text/shownText.ts'
import type { RunGap } from '../../src/text/shownText.ts'

/** An operation on the text. `prev`, `after`, `at`: key, stamp and length of the delivery before it, if that is known. */
interface Piece {
  key: string
  text: string
  end: number | undefined
  prev?: string
  after?: number | undefined
  at?: number
  edited?: string
  /** Length before the edit, if known. */
  was?: number | undefined
}

interface Base extends Pick<Piece, 'key' | 'text' | 'end'> {
  gaps: RunGap[]
  final: boolean
  stored: boolean
  authoritative: boolean
}

const nothing = { text: '', end: 0, gaps: [] }

/**
 * What `Run` promises, in the shortest code: it keeps all that it heard, and folds all of it anew after each change. So it
 * has neither constant work nor bounded memory, and shows what those two weigh (bench/README.md).
 */
export class PlainRun implements Pick<Run, keyof Run> {
  readonly merges: boolean
  serial: string
  index: number
  readonly #shown = new ShownText()
  readonly #closing = new Declared()
  #base: Base | undefined
  #pieces: Piece[] = []
  #breaks: Break[] = []
  #cursor: { epoch: number; key: string; length: number; end: number | undefined } | undefined
  /** The connection that published all tokens; null if several did, or one is not known. */
  #publisher: string | null | undefined
  #headKnown = false
  #stale = false
  #overlaps = false
  /** Length of the shown text up to the last edit in it. */
  #editedTo = 0

  constructor(merges: boolean, serial = '', index = 0) {
    this.merges = merges
    this.serial = serial
    this.index = index
  }

  get done(): boolean {
    return this.#closing.done
  }

  get key(): string {
    return this.#pieces.at(-1)?.key ?? this.#base?.key ?? ''
  }

  get text(): string {
    this.fold()
    return this.#shown.text
  }

  get length(): number {
    return this.text.length
  }

  get gaps(): readonly RunGap[] {
    this.fold()
    return this.#shown.gaps
  }

  get kept(): number {
    return this.#pieces.length
  }

  get broken(): boolean {
    return this.#breaks.length > 0
  }

  get edited(): boolean {
    return this.#base?.authoritative === true || this.#pieces.some((piece) => piece.edited !== undefined)
  }

  get verified(): boolean | undefined {
    if (!this.#closing.declared || this.gaps.length > 0 || this.edited) return undefined
    return this.#closing.agrees(this.#shown)
  }

  get closed(): boolean {
    this.fold()
    if (this.#closing.declared) return this.#closing.end === this.#shown.end
    return this.#pieces.length === 0 && this.#base?.authoritative === true
  }

  get needsPast(): boolean {
    if (this.broken) return true
    const [head] = this.#pieces
    if (!head || this.#base || this.#headKnown) return false
    if (this.merges || head.end === undefined || isUntold(head)) return true
    return head.end > (head.was ?? head.text.length)
  }

  closedBefore(key: string): boolean {
    return this.key === key && this.#closing.mark({ key, done: true })
  }

  /** There is no short way. */
  extend(): boolean {
    return false
  }

  append(fragment: Fragment): boolean {
    const { key, text, end, epoch, edited, connectionId } = fragment
    if (edited !== undefined) return this.#edit(fragment, edited)
    this.#hear(connectionId)
    const cursor = this.#cursor
    const follows = cursor?.epoch === epoch && cursor !== undefined && key > cursor.key
    const marked = this.#closing.mark(fragment)
    const link = follows ? { prev: cursor.key, after: cursor.end, at: cursor.length } : {}
    let changed = !this.#isCovered(key, end) && this.#put({ key, text, end, ...link })
    if (follows) {
      cursor.key = key
      cursor.length += text.length
      cursor.end = end ?? (cursor.end === undefined ? undefined : cursor.end + text.length)
    } else if (cursor && cursor.epoch === epoch) {
      const next = this.#overtaker(key)
      if (next) changed = this.#relink(next, key, next.at! + text.length, end)
    }
    return marked || changed
  }

  replace(full: FullText, { final = false, stored = false } = {}): boolean {
    const { key, text, epoch, create, connectionId } = full
    this.#hear(connectionId)
    const stamp = full.end ?? (create || final ? text.length : undefined)
    let mended = this.merges && this.broken
    if (mended) this.#breaks = []
    if (this.merges && epoch !== undefined) {
      const cursor = this.#cursor
      const next = this.#overtaker(key)
      if (cursor?.epoch !== epoch || cursor.key < key)
        this.#cursor = { epoch, key, length: text.length, end: stamp }
      else if (next) mended = this.#relink(next, key, text.length, stamp)
    }
    const changed = this.#closing.mark(full) || mended
    if (this.#base && key <= this.#base.key) return changed
    const isExact = this.gaps.length === 0 && this.#pieces.length > 0 && !this.#overlaps
    const isKnown = stamp !== undefined && (text.length < stamp || this.#shown.has(text, stamp, 0))
    if (this.merges && key <= this.key && isExact && isKnown) return changed
    // A full text without a stamp is authoritative: older declarations do not describe it.
    const authoritative = full.end === undefined && !create
    if (authoritative) this.#closing.forget(key)
    this.#base = { key, ...this.#whole(text, stamp), end: stamp, final, stored, authoritative }
    this.#pieces = this.#pieces.filter(
      (p) => !this.#isCovered(p.key, p.end) || (p.edited !== undefined && p.key > key),
    )
    return (this.#stale = true)
  }

  break(epoch: number): void {
    const { key } = this
    const last = this.#breaks.at(-1)
    if (last?.key === key) last.epoch = epoch
    else if (key !== '') this.#breaks.push({ key, epoch })
  }

  cover(coverage: Coverage): void {
    this.#breaks = this.#breaks.filter((one) => !covers(coverage, one))
    this.#stale = true
  }

  knowHead(): void {
    this.#headKnown = true
    this.#stale = true
  }

  take(key: string): string | undefined {
    const piece = this.#pieces.find((one) => one.key === key)
    this.#pieces = this.#pieces.filter((one) => one !== piece)
    this.#stale = true
    return piece?.text
  }

  takeChange(): string | undefined {
    return this.#shown.takeChange()
  }

  seal(): void {
    this.#cursor = undefined
  }

  fold(): void {
    if (!this.#stale) return
    this.#stale = this.#overlaps = false
    this.#editedTo = this.#base?.authoritative ? this.#base.text.length : 0
    this.#shown.refold(this.#base ?? nothing, () => {
      let folded = this.#base?.key ?? ''
      for (const piece of this.#pieces) {
        const between = ({ key }: Break): boolean => folded <= key && key < piece.key
        this.#step(piece, folded !== '' && this.#breaks.some(between))
        folded = piece.key
      }
    })
  }

  #hear(connectionId: string | undefined): void {
    if (this.merges || this.#publisher === null) return
    this.#publisher = (this.#publisher ?? connectionId) === connectionId ? (connectionId ?? null) : null
    if (this.#publisher === null) this.#stale = true
  }

  #edit({ key, text, end, ...said }: Fragment, edited: string): boolean {
    if (this.#base && key <= this.#base.key) return false
    const marked = this.#closing.mark({ key, end: end!, ...said })
    return this.#put({ key, text, end, edited }) || marked
  }

  /** Returns whether it is news. */
  #put(piece: Piece): boolean {
    const at = this.#pieces.findIndex(({ key }) => key >= piece.key)
    const known = this.#pieces[at]
    if (known?.key !== piece.key) this.#pieces.splice(at < 0 ? this.kept : at, 0, piece)
    else if (known.edited !== undefined && piece.edited === undefined) {
      if (known.was !== undefined) return false
      Object.assign(known, { was: piece.text.length, end: piece.end ?? known.end })
    } else if ((piece.edited ?? '') <= (known.edited ?? '')) return false
    else {
      const { key, end } = known
      const was = known.edited === undefined ? known.text.length : known.was
      this.#pieces[at] = { key, end, text: piece.text, edited: piece.edited!, was }
    }
    return (this.#stale = true)
  }

  /** What is assumed to follow the operation before `key`, now that `key` arrives late between them. */
  #overtaker(key: string): Piece | undefined {
    const next = this.#pieces.find((piece) => piece.key > key)
    return next?.prev !== undefined && next.prev < key ? next : undefined
  }

  #relink(piece: Piece, prev: string, at: number, after: number | undefined): boolean {
    Object.assign(piece, { prev, at, after })
    return (this.#stale = true)
  }

  #isCovered(key: string, end: number | undefined): boolean {
    const base = this.#base
    if (!base) return false
    const older = key <= base.key
    // A full text withdraws older tokens that lie beyond its end: the agent restarted from there.
    if (older || this.merges) return older
    return end === undefined ? base.final : base.stored && end <= (base.end ?? 0)
  }

  /** A full text, and its gaps if its stamp says that some is missing. */
  #whole(text: string, end = text.length): Pick<Base, 'text' | 'gaps'> {
    const missing = end - text.length
    if (missing === 0) return { text, gaps: [] }
    if (missing > 0) return { text, gaps: this.#shown.placeGaps(text, missing) }
    if (this.length === end && this.#shown.end === end && this.gaps.length === 0)
      return { text: this.text, gaps: [] }
    return { text, gaps: [{ from: 0, to: text.length, missing: undefined }] }
  }

  #step(piece: Piece, broken: boolean): void {
    const { text, end } = piece
    const { length } = text
    const shown = this.#shown
    const here = shown.length
    const reached = shown.end
    const base = this.#base
    const isFirst = piece === this.#pieces[0]
    const straddles = base && isFirst && piece.prev !== undefined && piece.prev < base.key
    if ((end === undefined || isUntold(piece)) && isFirst && !base && !this.#headKnown)
      shown.gap(0, 0, undefined)
    if (piece.edited !== undefined && end !== undefined && reached !== undefined) {
      if (end <= reached) return
      const missing = end - reached - (piece.was ?? end - reached)
      if (missing > 0) shown.gap(here, here, missing, reached)
    }
    if (end === undefined || reached === undefined || piece.edited !== undefined) {
      if (broken) shown.gap(here, here, undefined)
      const known = straddles ? Math.max(0, base.text.length - piece.at!) : 0
      shown.push(text.slice(known))
      if (piece.edited !== undefined) this.#editedTo = shown.length
      shown.end = end ?? (reached === undefined ? undefined : reached + Math.max(0, length - known))
      return
    }
    if (straddles && piece.after !== undefined && piece.after + length < end) {
      // §5.4: a gap inside a fragment whose beginning is already known cannot be placed.
      if (end <= reached) return
      const fresh = Math.min(Math.max(0, piece.at! + length - base.text.length), end - reached, length)
      shown.push(text.slice(length - fresh))
      if (end - reached > fresh) shown.gap(here, here + fresh, end - reached - fresh)
      shown.end = end
      return
    }
    if (broken && this.#publisher === null && here > 0) shown.doubt(here)
    const missing = end - reached - length
    if (missing < 0) {
      this.#overlaps = true
      if (!this.merges && !broken) shown.fill(end - length, text)
    } else if (missing > 0) {
      const exact = !this.merges || (piece.after !== undefined && piece.after + length === end)
      shown.gap(here, exact ? here : here + length, missing, exact ? reached : undefined)
    }
    if (end > reached) {
      shown.push(text.slice(Math.max(0, length - (end - reached))))
      shown.end = end
    }
    if (missing < 0 && !shown.has(text, end, this.#editedTo)) shown.doubt(shown.length)
  }
}

/** An edited token whose own length was not heard: its stamp does not tell whether text is missing before it. */
const isUntold = ({ edited, was }: Piece): boolean => edited !== undefined && was === undefined
