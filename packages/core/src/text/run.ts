import type { Declaration } from './declared.ts'
import { Declared } from './declared.ts'
import { covers } from './coverage.ts'
import type { Break, Coverage } from './coverage.ts'
import { added } from '../types/same.ts'
import { editOf, isUntold, joinTokens, noPieces, partRun, Pieces } from './pieces.ts'
import type { Piece } from './pieces.ts'
import { ShownText } from './shownText.ts'
import type { RunGap } from './shownText.ts'
import { Tokens } from './tokens.ts'

/**
 * One growing text and what is missing from it: the pure heart of the reader (PROTOCOL.md §5).
 *
 * It keeps a set: the newest full text (`base`) and the fragments after it (`pieces`, sorted by key). The shown text is
 * a fold over that set, so neither the order of arrival nor repeats can matter. A fragment at the tail takes one step
 * of the fold; one that arrives in the middle starts the fold again.
 */

export interface Fragment extends Declaration {
  text: string
  /** The attachment that delivered it live; within one, no delivery of a message is missing. */
  epoch?: number
  /** Version of this token's edit, if any. The stamp still counts the original text. */
  edited?: string | undefined
  /** The connection that published it, if known. */
  connectionId?: string | undefined
  /** Its text cannot be read. */
  lost?: boolean
}

export interface FullText extends Fragment {
  /** A message's first version, which carries no stamp: its `end` is its length. */
  create?: boolean
}

/** What an operation changed: `grew`: the text became longer, and nothing else. */
export type Changed = boolean | 'grew'

interface Base {
  key: string
  /** `undefined`: all of the shown text. */
  text: string | undefined
  /** Position in the agent's text; undefined if the next stamp sets it. */
  end: number | undefined
  gaps: RunGap[]
  /** From `response-complete` or a database row: tokens not stamped beyond it are old. */
  final: boolean
  /** From a database row: its key does not tell which tokens it contains, only its length does. */
  stored: boolean
  /** It carries no stamp, so no stamp or checksum overrides it (PROTOCOL.md §5.6). */
  authoritative: boolean
  /** The tokens that it ends with, and the key of the text that they followed. */
  tokens: Tokens | undefined
  since: string | undefined
}

/** The last delivery of one attachment: the neighbour of the next one. */
interface Cursor {
  epoch: number
  key: string
  length: number
  end: number | undefined
}

const noGaps: RunGap[] = []

/** One literal: the engine keeps the fields of an object that was spread in a second one. */
const baseOf = (key: string, text: string, end: number | undefined, final: boolean): Base => ({
  key,
  text,
  end,
  gaps: noGaps,
  final,
  stored: false,
  authoritative: false,
  tokens: undefined,
  since: undefined,
})

const nothing = { text: '', end: 0, gaps: noGaps }

const noBreaks: readonly Break[] = Object.freeze([])

export class Run {
  /** One growing message, whose appends may be delivered merged; otherwise tokens, which are never merged. */
  readonly merges: boolean
  /** Serial of its first message. */
  serial: string
  /** Place among the runs of its part, from 0 (PROTOCOL.md §1.3). */
  index: number
  /** Undefined once it is sealed: `#base` tells the same. */
  #shown: ShownText | undefined = new ShownText()
  #base: Base | undefined
  #pieces = noPieces
  #stale = false
  /** Where continuity was lost, until history covers the place or a full text arrives. */
  #breaks: readonly Break[] = noBreaks
  /** Key of the last operation folded. */
  #folded = ''
  #cursor: Cursor | undefined
  /** Length of the shown text up to the last edit in it: there, it is not what the agent wrote. */
  #editedTo = 0
  /** The connection that published all tokens; null if several did, or one is not known. */
  #publisher: string | null | undefined
  #headKnown = false
  /** Undefined once it is sealed: the newest operation declared what shows. */
  #closing: Declared | undefined = new Declared()

  constructor(merges: boolean, serial = '', index = 0) {
    this.merges = merges
    this.serial = serial
    this.index = index
  }

  get done(): boolean {
    return this.#closing?.done ?? true
  }

  /** Key of the newest known operation. */
  get key(): string {
    return this.#pieces.list.at(-1)?.key ?? this.#base?.key ?? ''
  }

  get text(): string {
    return this.#shown?.text ?? this.#base!.text!
  }

  get length(): number {
    return this.#shown?.length ?? this.text.length
  }

  get gaps(): readonly RunGap[] {
    return this.#shown?.gaps ?? noGaps
  }

  /** Applies an append or a token. Returns whether anything is new. */
  append(fragment: Fragment): Changed {
    const { key, text, end, epoch, connectionId } = fragment
    if (fragment.edited !== undefined) return this.#edit(fragment, fragment.edited)
    if (this.extend(key, text, end, epoch, connectionId)) return this.#mark(fragment) || 'grew'
    this.#hear(connectionId)
    const cursor = this.#cursor
    const follows = cursor !== undefined && cursor.epoch === epoch && key > cursor.key
    const marked = this.#mark(fragment)
    const isCovered = this.#isCovered(key, end) && !(fragment.lost && key > this.#base!.key)
    let changed = isCovered
      ? this.#isContrary(key, text, end) && (this.#makeRoom(key) || this.#insert(fragment, undefined))
      : this.#insert(fragment, follows ? cursor : undefined)
    if (follows) {
      cursor.key = key
      // How long the message is after a text that cannot be read, nothing tells.
      cursor.length += fragment.lost ? NaN : text.length
      cursor.end = end ?? (cursor.end === undefined ? undefined : cursor.end + text.length)
    } else if (cursor && cursor.epoch === epoch) {
      const overtaker = this.#pieces.overtaker(key)
      if (overtaker) changed = this.#relink(overtaker, key, overtaker.at! + text.length, end)
    }
    return marked || changed
  }

  /**
   * The common case, for which no piece is kept, and most of the work for a token: a stamped fragment that continues
   * exactly where a whole text ends, and is the next one, so that no other fits in between. Returns whether it is one;
   * if not, nothing has changed.
   */
  extend(
    key: string,
    text: string,
    end: number | undefined,
    epoch: number | undefined,
    connectionId: string | undefined,
  ): boolean {
    if (end === undefined || this.#stale || this.#pieces.list.length > 0 || this.#breaks.length > 0)
      return false
    const base = this.#base
    const isExact = base ? base.gaps.length === 0 && end === base.end! + text.length : end === text.length
    // Whether a message without text is new to a row, its stamp does not tell.
    if (!isExact || (base?.stored && text === '') || !this.#isNext(key, epoch)) return false
    this.#hear(connectionId)
    this.#unsealed().hear(key)
    const shown = this.#shown!
    shown.push(text)
    shown.end = end
    this.#folded = key
    if (!base) {
      const first = (this.#base = baseOf(key, text, end, false))
      first.tokens = Tokens.of(key, text.length)
      first.since = ''
      return true
    }
    if (this.merges) base.since ??= base.key
    else followers(base).add(key, text.length)
    base.key = key
    base.text = undefined
    base.end = end
    base.stored = false
    const cursor = this.#cursor
    if (cursor) {
      cursor.key = key
      cursor.length += text.length
      cursor.end = end
    }
    return true
  }

  /**
   * Of tokens: the newest. A message's fragment may be several, merged, with a gap between: it must follow the last one
   * on the same attachment.
   */
  #isNext(key: string, epoch: number | undefined): boolean {
    if (!this.merges) return this.#closing?.isNewer(key) ?? key > this.key
    const cursor = this.#cursor
    return (
      cursor !== undefined && cursor.epoch === epoch && cursor.key === this.#base?.key && key > cursor.key
    )
  }

  /** Takes note of what an operation declares. An older one tells nothing new of a sealed text. */
  #mark(declared: Declaration): boolean {
    return (this.#closing !== undefined || declared.key > this.key) && this.#unsealed().mark(declared)
  }

  /** Another connection is another process: a successor of the agent, which may know less than is shown. */
  #hear(connectionId: string | undefined): void {
    if (this.#publisher === null || this.merges) return
    const isKnown = connectionId !== undefined && (this.#publisher ?? connectionId) === connectionId
    this.#publisher = isKnown ? connectionId : null
    if (!isKnown && this.broken) this.#stale = true
  }

  #ownPieces(): Pieces {
    this.#unsealed()
    return this.#pieces === noPieces ? (this.#pieces = new Pieces()) : this.#pieces
  }

  /** Applies an edit or deletion of a token, which may happen at any time. */
  #edit(fragment: Fragment, edited: string): boolean {
    const { key, text, end } = fragment
    const base = this.#base
    if (base && key <= base.key) {
      // A newer full text replaced the token.
      if (!base.tokens?.first || key < base.tokens.first) return false
      this.#unfold(base, key)
    }
    const marked = this.#mark(fragment)
    if (!this.#ownPieces().put(editOf({ key, end }, { text, edited }))) return marked
    return (this.#stale = true)
  }

  /**
   * Whether an operation that comes late for its place in what followed the base's full text says something else than
   * stands there: two publishers write this run, or a stamp is wrong.
   */
  #isContrary(key: string, text: string, end: number | undefined): boolean {
    const { end: reached } = this.#base!
    if (!this.#isWithin(key) || end === undefined || reached === undefined) return false
    const known = this.#settle(this.#base!)
    const to = known.length + end - reached
    return to < text.length || known.slice(to - text.length, to) !== text
  }

  /** The same of a full text; one without a stamp is to be how the text begins. An empty one is a redaction. */
  #isOtherText(key: string, text: string, end: number | undefined): boolean {
    if (end !== undefined) return this.#isContrary(key, text, end)
    const known = this.#settle(this.#base!)
    return text === '' ? known !== '' : !known.startsWith(text)
  }

  /** Whether its place is in what followed the base's full text. */
  #isWithin(key: string): boolean {
    const { since, key: newest, gaps } = this.#base!
    return since !== undefined && key > since && key <= newest && gaps.length === 0
  }

  /**
   * Makes room for such an operation: the base gives up what came after it. A message's operations cannot be told apart
   * any more, so all of its text is uncertain; returns whether it is.
   */
  #makeRoom(key: string): boolean {
    this.#unsealed()
    const base = this.#base!
    if (!this.merges) {
      this.#unfold(base, key)
      return false
    }
    base.gaps = [{ from: 0, to: this.#settle(base).length, missing: undefined }]
    return (this.#stale = true)
  }

  /** What comes next is not part of the base, so its text is no longer all that shows. */
  #settle(base: Base): string {
    return (base.text ??= this.text)
  }

  /** Moves the tokens from `key` on out of the base, into pieces. */
  #unfold(base: Base, key: string): void {
    this.#unsealed()
    const text = this.#settle(base)
    const { before, own, after } = partRun({ ...base, text }, key)
    const later = [own, after].filter((piece) => piece !== undefined)
    const length = later.reduce((sum, piece) => sum + piece.text.length, 0)
    base.text = text.slice(0, text.length - length)
    base.end = base.end === undefined ? undefined : base.end - length
    base.tokens = before?.tokens
    base.key = before?.key ?? base.since ?? ''
    const pieces = this.#ownPieces()
    pieces.list = [...later, ...pieces.list]
    this.#stale = true
  }

  /** Inserts a fragment in its place. */
  #insert(fragment: Fragment, link: Cursor | undefined): boolean {
    const { key, text, end } = fragment
    if (this.#base) this.#settle(this.#base)
    const piece: Piece = {
      first: key,
      key,
      text,
      end,
      prev: link?.key,
      after: link?.end,
      at: link?.length,
      edited: undefined,
      lost: fragment.lost,
    }
    if (!this.#stale && key > this.key) {
      const before = this.length
      const gaps = this.gaps.length
      const pieces = this.#ownPieces()
      pieces.list = added(pieces.list, piece)
      this.#step(piece)
      this.#compact()
      return this.broken || this.length !== before || this.gaps.length !== gaps
    }
    if (!this.#ownPieces().put(piece)) return false
    this.#stale = true
    return true
  }

  /** Applies a full text: a create, an update, a history item, a recovery message. */
  replace(full: FullText, { final = false, stored = false } = {}): boolean {
    const { key, text, epoch, create, connectionId } = full
    this.#hear(connectionId)
    const stamp = full.end ?? (create || final ? text.length : undefined)
    let mended = this.merges && this.#breaks.length > 0
    if (mended) this.#breaks = noBreaks
    if (this.merges && epoch !== undefined) {
      if (this.#cursor?.epoch !== epoch || this.#cursor.key < key)
        this.#cursor = { epoch, key, length: text.length, end: stamp }
      else if (this.#relink(this.#pieces.overtaker(key), key, text.length, stamp)) mended = true
    }
    const changed = this.#mark(full) || mended
    if (this.#base && key <= this.#base.key) {
      // A text that lacks some does not contradict one that has it.
      if (text.length < (stamp ?? 0) || !this.#isWithin(key)) return changed
      if (!this.#isOtherText(key, text, stamp)) {
        // It withdraws older tokens that are still to come.
        this.#base.since = key
        this.#base.tokens = this.#base.tokens?.part(key).after
        this.#base.final ||= final
        return changed
      }
      if (this.#makeRoom(key)) return true
    }
    this.fold()
    const settled =
      this.gaps.length === 0 &&
      this.#pieces.list.length > 0 &&
      stamp !== undefined &&
      (text.length < stamp || this.#shown!.has(text, stamp, 0))
    if (this.merges && key <= this.key && settled) return changed
    // A full text without a stamp is authoritative: older declarations do not describe it.
    const authoritative = full.end === undefined && !create
    if (authoritative) this.#closing!.forget(key)
    this.#base = this.#baseFrom(key, text, stamp, final)
    this.#base.authoritative = authoritative
    this.#base.stored = stored
    // An edit of a later token stays, as it would if it arrived after this text.
    const left = this.#pieces.list.filter(
      (p) => !this.#isCovered(p.key, p.end) || ((p.edited !== undefined || p.lost) && p.key > key),
    )
    if (left.length === 0) this.#pieces = noPieces
    else this.#pieces.list = left
    this.#stale = true
    // A first text is cheap to fold, and the fast path then takes what follows.
    if (this.text === '') this.fold()
    return true
  }

  /** Continuity was lost before attachment `epoch`: text may be missing before the next fragment. */
  break(epoch: number): void {
    const { key } = this
    const last = this.#breaks.at(-1)
    if (last?.key === key) last.epoch = epoch
    else if (key !== '') this.#breaks = this.#breaks.concat({ key, epoch })
  }

  /** Continuity was lost somewhere, and history has not covered the place: text may be missing. */
  get broken(): boolean {
    return this.#breaks.length > 0
  }

  cover(coverage: Coverage): void {
    const left = this.#breaks.filter((one) => !covers(coverage, one))
    if (left.length === this.#breaks.length) return
    this.#breaks = left
    this.#stale = true
  }

  /** The start of the text is known. */
  knowHead(): void {
    if (this.#headKnown) return
    this.#headKnown = true
    if (this.#pieces.list.length) this.#stale = true
  }

  /** Whether older messages of the channel could complete this text. */
  get needsPast(): boolean {
    if (this.#breaks.length) return true
    const head = this.#pieces.list[0]
    if (!head || head.lost || this.#base || this.#headKnown) return false
    if (this.merges || head.end === undefined || isUntold(head)) return true
    return head.end > (head.was ?? head.text.length)
  }

  /** Brings `text` and `gaps` up to date after out-of-order arrivals. */
  fold(): void {
    if (!this.#stale) return
    this.#stale = false
    if (!this.#shown) return
    const base = this.#base
    this.#editedTo = base?.authoritative ? this.#settle(base).length : 0
    this.#folded = base?.key ?? ''
    this.#shown.refold(base ? { ...base, text: this.#settle(base) } : nothing, () => {
      for (const piece of this.#pieces.list) this.#step(piece)
    })
    this.#compact()
  }

  /** The text appended since the last call; undefined after any other change. */
  takeChange(): string | undefined {
    return this.#shown ? this.#shown.takeChange() : ''
  }

  /** Number of pieces kept apart: bounded, whatever the length of the text. */
  get kept(): number {
    return this.#pieces.list.length
  }

  /**
   * Whether length and checksum are those that the agent declared when it closed the text. `undefined` before the agent
   * declares them, or while text is missing.
   */
  get verified(): boolean | undefined {
    const closing = this.#closing
    if (!closing) return true
    if (!closing.declared || this.gaps.length || this.#stale || this.edited) return undefined
    return closing.agrees(this.#shown!)
  }

  /** The text reached its declared end, perhaps with gaps, or an authoritative text replaced it. */
  get closed(): boolean {
    this.fold()
    const closing = this.#closing
    if (!closing) return true
    if (closing.declared) return closing.end === this.#shown!.end
    return this.#pieces.list.length === 0 && this.#base?.authoritative === true
  }

  /** The agent had closed it before the operation `key` of somebody else. Returns whether that is news. */
  closedBefore(key: string): boolean {
    return this.key === key && this.#mark({ key, done: true })
  }

  /** Call when the text is whole and done: drops what only late arrivals would need. */
  seal(): void {
    this.fold()
    this.#join()
    // Without it, what comes later on this attachment is placed with less certainty, if its stamp leaves a gap.
    this.#cursor = undefined
    const base = this.#base
    base?.tokens?.pack()
    this.#shown?.settle()
    if (base?.end !== this.length || !this.verified || !this.#closing?.isOf(base.key)) return
    this.#settle(base)
    this.#shown = this.#closing = undefined
  }

  /** Makes again what a sealed text has let go. Call before it changes. */
  #unsealed(): Declared {
    if (this.#closing) return this.#closing
    const { key, text, end } = this.#base!
    this.#shown = new ShownText()
    this.#shown.begin(text!, end)
    return (this.#closing = Declared.of(key, text!))
  }

  /** Makes the pieces part of the full text. */
  #join(): void {
    const base = this.#base
    const { list } = this.#pieces
    // An edited token stays apart, so that an older edit of it changes nothing.
    if (this.gaps.length || this.needsPast || !list.length || this.edited) return
    const since = base?.tokens ? base.since : base?.key
    const tokens = this.merges ? undefined : (base?.tokens ?? new Tokens())
    if (tokens) for (const piece of list) joinTokens(tokens, piece)
    const { key, text } = this
    const end = this.#shown!.end
    this.#base = baseOf(key, text, end, base?.final ?? false)
    this.#base.stored = base?.stored ?? false
    this.#base.tokens = tokens
    this.#base.since = since
    this.#pieces = noPieces
  }

  /** It was edited, so the agent's declared length and checksum describe another text. */
  get edited(): boolean {
    return (
      (this.#base?.authoritative ?? false) || this.#pieces.list.some((piece) => piece.edited !== undefined)
    )
  }

  #isCovered(key: string, end: number | undefined): boolean {
    const base = this.#base
    if (!base) return false
    const older = key <= base.key
    // A full text withdraws older tokens that lie beyond its end: the agent restarted from there.
    if (older || this.merges) return older
    return end === undefined ? base.final : base.stored && end <= (base.end ?? 0)
  }

  #relink(piece: Piece | undefined, key: string, length: number, end: number | undefined): boolean {
    if (!piece) return false
    piece.prev = key
    piece.at = length
    piece.after = end
    return (this.#stale = true)
  }

  /** Removes a token whose message turned out to be a growing one. */
  take(key: string): string | undefined {
    const base = this.#base
    if (base?.tokens?.first && base.tokens.first <= key && key <= base.key) this.#unfold(base, key)
    const piece = this.#pieces.take(key)
    if (piece) this.#stale = true
    return piece?.text
  }

  #step(piece: Piece): void {
    const { text, end } = piece
    const shown = this.#shown!
    const broken = this.#breaks.length > 0 && this.#brokenBetween(this.#folded, piece.first)
    this.#folded = piece.key
    const length = text.length
    const here = shown.length
    const reached = shown.end
    const straddles =
      this.#base !== undefined &&
      piece === this.#pieces.list[0] &&
      piece.prev !== undefined &&
      piece.prev < this.#base.key
    const untold = end === undefined || isUntold(piece)
    if (untold && piece === this.#pieces.list[0] && !this.#base && !this.#headKnown)
      shown.gap(0, 0, undefined)

    // The token was published twice and edited once: skip text that is already known.
    if (piece.edited && end !== undefined && reached !== undefined) {
      if (end <= reached) return
      const missing = end - reached - (piece.was ?? end - reached)
      if (missing > 0) shown.gap(here, here, missing, reached)
    }

    if (end === undefined || reached === undefined || piece.edited) {
      // Without a stamp, or after an authoritative text, it follows on; drop text that a full text already contains.
      const isUnsure = straddles && Number.isNaN(piece.at)
      if (broken || isUnsure || (piece.lost && !shown.isTornAt(here)))
        shown.gap(here, isUnsure ? here + length : here, undefined)
      const known = straddles && !isUnsure ? Math.max(0, this.#base!.text!.length - piece.at!) : 0
      shown.push(known ? text.slice(known) : text)
      if (piece.edited) this.#editedTo = shown.length
      shown.end = end ?? (reached === undefined ? undefined : reached + Math.max(0, length - known))
      return
    }

    if (straddles && piece.after !== undefined && piece.after + length < end) {
      // §5.4: a gap inside a fragment whose beginning is already known cannot be placed.
      if (end <= reached) return
      const fresh = Math.min(
        Math.max(0, piece.at! + length - this.#base!.text!.length),
        end - reached,
        length,
      )
      shown.push(text.slice(length - fresh))
      if (end - reached > fresh) shown.gap(here, here + fresh, end - reached - fresh)
      shown.end = end
      return
    }
    // After a loss, a successor of the agent may have gone on from less, with other text, and have come as far.
    if (broken && this.#publisher === null && here > 0) shown.doubt(here)
    const missing = end - reached - length
    if (missing === 0) {
      shown.push(text)
      shown.end = end
      return
    }
    if (missing > 0) {
      const exact = !this.merges || (piece.after !== undefined && piece.after + length === end)
      shown.gap(here, exact ? here : here + length, missing, exact ? reached : undefined)
      shown.push(text)
      shown.end = end
      return
    }
    // Begins with known text: only what lies beyond, or in a gap of known place, is new.
    if (!this.merges && !broken) shown.fill(end - length, text)
    if (end > reached) {
      shown.push(text.slice(length - (end - reached)))
      shown.end = end
    }
    if (!shown.has(text, end, this.#editedTo)) shown.doubt(shown.length)
  }

  #brokenBetween(known: string, next: string): boolean {
    return known !== '' && this.#breaks.some(({ key }) => known <= key && key < next)
  }

  #compact(): void {
    const pieces = this.#pieces
    if (pieces.isLong) pieces.compact((known, next) => this.#brokenBetween(known, next), !this.merges)
  }

  #baseFrom(key: string, text: string, end: number | undefined, final: boolean): Base {
    const base = baseOf(key, text, end, final)
    if (end === undefined || end === text.length) return base
    const missing = end - text.length
    if (missing > 0) base.gaps = this.#shown!.placeGaps(text, missing)
    else if (this.length === end && this.#shown!.end === end && this.gaps.length === 0) base.text = this.text
    else base.gaps = [{ from: 0, to: text.length, missing: undefined }]
    return base
  }
}

/** The tokens after the base's full text. */
function followers(base: Base): Tokens {
  if (!base.tokens) {
    base.tokens = new Tokens()
    base.since = base.key
  }
  return base.tokens
}
