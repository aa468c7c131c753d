import { added } from '../types/same.ts'

/** A gap, in offsets of the shown text (see `Gap` in types.ts). */
export interface RunGap {
  from: number
  to: number
  missing: number | undefined
  /** Where the gap begins in the agent's text, if its place is exact, so that it can be filled. */
  start?: number
}

/** Code units of the end of a text that are kept as many strings. */
const BLOCK = 2_048

const ANY = /^/

/** Shared, because most texts have none and are kept for long. */
const none: RunGap[] = []

/** The shown text and its gaps: the result of a `Run`'s fold. */
export class ShownText {
  /** Length of `text`, counted apart: reading it from the string would flatten V8's rope. */
  length = 0
  gaps = none
  /** Position reached in the agent's text; undefined if the next stamp sets it. */
  end: number | undefined = 0
  /** Text gained since `takeChange`; undefined after a change that is not an extension. */
  #appended: string | undefined = ''
  /** The text is `#head` and `#block`, but for what was pushed since it was read. */
  #text = ''
  #head = ''
  #block = ''
  #pushed = ''

  push(text: string): void {
    this.length += text.length
    this.#pushed += text
    if (this.#pushed.length >= BLOCK) this.#take()
  }

  get text(): string {
    if (this.#pushed !== '') this.#take()
    return this.#text
  }

  /** Once a frame, and not for every token: each concatenation makes a string. */
  #take(): void {
    const pushed = this.#pushed
    this.#pushed = ''
    if (this.#appended !== undefined) this.#appended += pushed
    this.#block += pushed
    if (this.#block.length >= BLOCK) {
      // V8 keeps a string that was concatenated as its pieces, 54 bytes for each, until it is read.
      ANY.test(this.#block)
      this.#head += this.#block
      this.#block = ''
    }
    this.#text = this.#head + this.#block
  }

  /** Starts with a whole text. */
  begin(text: string, end: number | undefined): void {
    this.#become(text)
    this.length = text.length
    this.end = end
  }

  /** Call when the text is not to grow any more. */
  settle(): void {
    this.#become(this.text)
  }

  #become(text: string): void {
    this.#text = this.#head = text
    this.#block = this.#pushed = ''
  }

  gap(from: number, to: number, missing: number | undefined, start?: number): void {
    this.gaps = added(this.gaps, { from, to, missing, start })
  }

  /** Whether it is known that text of unknown length is missing there. */
  isTornAt(place: number): boolean {
    const last = this.gaps.at(-1)
    return last?.from === place && last.missing === undefined
  }

  /**
   * Whether `text`, which ends at `end` in the agent's text, stands there; true where that cannot be told: beside gaps,
   * or before `from`, where the text is edited.
   */
  has(text: string, end: number, from: number): boolean {
    const to = this.length - ((this.end ?? NaN) - end)
    const start = to - text.length
    if (Number.isNaN(to)) return true
    if (start < Math.max(from, this.gaps.at(-1)?.to ?? 0)) return from > 0 || this.gaps.length > 0
    return this.text.slice(start, to) === text
  }

  /** Marks the last `length` code units as uncertain, with the gaps among them. */
  doubt(length: number): void {
    let from = Math.max(0, this.length - length)
    while ((this.gaps.at(-1)?.to ?? -1) >= from) from = Math.min(from, this.gaps.pop()!.from)
    this.gap(from, this.length, undefined)
  }

  /** Starts again, lets `fold` write, and works out what changed. */
  refold(from: { text: string; end: number | undefined; gaps: readonly RunGap[] }, fold: () => void): void {
    const before = this.text
    const appended = this.#appended
    this.begin(from.text, from.end)
    this.gaps = from.gaps.length > 0 ? from.gaps.map((gap) => ({ ...gap })) : none
    fold()
    const extended = appended !== undefined && this.length >= before.length && this.text.startsWith(before)
    this.#appended = extended ? appended + this.text.slice(before.length) : undefined
  }

  /** Puts `text`, which begins at `start` in the agent's text, into the gaps that it covers. */
  fill(start: number, text: string): void {
    const stop = start + text.length
    for (let i = 0; i < this.gaps.length; i++) {
      const gap = this.gaps[i]!
      if (gap.start === undefined || gap.missing === undefined) continue
      const from = Math.max(start, gap.start)
      const to = Math.min(stop, gap.start + gap.missing)
      if (from >= to) continue
      const inserted = text.slice(from - start, to - start)
      this.#become(this.text.slice(0, gap.from) + inserted + this.text.slice(gap.from))
      this.length += inserted.length
      this.#appended = undefined
      const rest: RunGap[] = []
      if (from > gap.start) rest.push({ ...gap, missing: from - gap.start })
      const at = gap.from + inserted.length
      if (to < gap.start + gap.missing)
        rest.push({ from: at, to: at, missing: gap.start + gap.missing - to, start: to })
      for (const later of this.gaps.slice(i + 1)) {
        later.from += inserted.length
        later.to += inserted.length
      }
      this.gaps.splice(i, 1, ...rest)
      i += rest.length - 1
    }
  }

  /** The gaps of a newer full text that lacks `missing` code units. Known places are kept. */
  placeGaps(text: string, missing: number): RunGap[] {
    const { length } = text
    const known = this.gaps.reduce((sum, gap) => sum + (gap.missing ?? NaN), 0)
    const continues = text.startsWith(this.text)
    if (continues && known === missing) return this.gaps
    if (continues && known < missing)
      return [...this.gaps, { from: this.length, to: length, missing: missing - known }]
    const exact = this.gaps[0]?.from ?? this.length
    const from = exact <= length && text.startsWith(this.text.slice(0, exact)) ? exact : 0
    return [{ from, to: length, missing }]
  }

  /** The text appended since the last call; undefined after any other change. */
  takeChange(): string | undefined {
    if (this.#pushed !== '') this.#take()
    const appended = this.#appended
    this.#appended = ''
    return appended
  }
}
