/** A hole, in offsets of the shown text (see `Gap` in types.ts). */
export interface Hole {
  from: number
  to: number
  missing: number | undefined
  /** Where the hole begins in the agent's text, when its place is exact and it could be filled. */
  start?: number
}

/** A text as it is shown: what is known, joined, and the holes in it. What `GrowingText` folds into. */
export class ShownText {
  text = ''
  /** Length of `text`, which is not asked for it: that would flatten the rope that it is. */
  length = 0
  holes: Hole[] = []
  /** How far it has come in the agent's text; undefined where the next stamp is to be taken as it comes. */
  end: number | undefined = 0
  /** Text gained since `takeChange`; undefined after a change that is not an extension. */
  #appended: string | undefined = ''

  push(text: string): void {
    this.text += text
    this.length += text.length
    if (this.#appended !== undefined) this.#appended += text
  }

  hole(from: number, to: number, missing: number | undefined, start?: number): void {
    this.holes.push({ from, to, missing, start })
  }

  /** Begins anew, lets `fold` write, and works out what that changed. */
  refold(from: { text: string; end: number | undefined; holes: readonly Hole[] }, fold: () => void): void {
    const before = this.text
    const appended = this.#appended
    this.text = from.text
    this.length = from.text.length
    this.end = from.end
    this.holes = from.holes.map((hole) => ({ ...hole }))
    fold()
    const extended = appended !== undefined && this.length >= before.length && this.text.startsWith(before)
    this.#appended = extended ? appended + this.text.slice(before.length) : undefined
  }

  /** Puts `text`, which begins at `start` of the agent's text, into the holes it covers. */
  fill(start: number, text: string): void {
    const stop = start + text.length
    for (let i = 0; i < this.holes.length; i++) {
      const hole = this.holes[i]!
      if (hole.start === undefined || hole.missing === undefined) continue
      const from = Math.max(start, hole.start)
      const to = Math.min(stop, hole.start + hole.missing)
      if (from >= to) continue
      const inserted = text.slice(from - start, to - start)
      this.text = this.text.slice(0, hole.from) + inserted + this.text.slice(hole.from)
      this.length += inserted.length
      this.#appended = undefined
      const rest: Hole[] = []
      if (from > hole.start) rest.push({ ...hole, missing: from - hole.start })
      const at = hole.from + inserted.length
      if (to < hole.start + hole.missing)
        rest.push({ from: at, to: at, missing: hole.start + hole.missing - to, start: to })
      for (const later of this.holes.slice(i + 1)) {
        later.from += inserted.length
        later.to += inserted.length
      }
      this.holes.splice(i, 1, ...rest)
      i += rest.length - 1
    }
  }

  /** The holes of a newer full text that lacks `missing` code units: known places stay known. */
  placeHoles(text: string, missing: number): Hole[] {
    const { length } = text
    const known = this.holes.reduce((sum, hole) => sum + (hole.missing ?? NaN), 0)
    const continues = text.startsWith(this.text)
    if (continues && known === missing) return this.holes
    if (continues && known < missing)
      return [...this.holes, { from: this.length, to: length, missing: missing - known }]
    const exact = this.holes[0]?.from ?? this.length
    const from = exact <= length && text.startsWith(this.text.slice(0, exact)) ? exact : 0
    return [{ from, to: length, missing }]
  }

  /** What the text gained since the last call: the appended text, or undefined when it changed otherwise. */
  takeChange(): string | undefined {
    const appended = this.#appended
    this.#appended = ''
    return appended
  }
}
