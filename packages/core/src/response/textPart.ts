import type { TextEvent } from '../protocol/event.ts'
import { GrowingText } from '../text/run.ts'
import { noGaps, OpenPart } from './part.ts'
import type { TextSource } from './part.ts'
import type { Gap, ReasoningPart, ResponseChange, TextPart } from '../types/types.ts'

export function newSource(serial: string, unit: TextEvent['unit'], run = 0): TextSource {
  return { serial, unit, run, text: new GrowingText(unit === 'message') }
}

/** Text or reasoning: usually one source; more when a part continues in further messages (PROTOCOL.md §1.3). */
export class OpenText extends OpenPart {
  declare snapshot: TextPart | ReasoningPart | undefined
  declare sources: TextSource[]
  readonly kind: 'text' | 'reasoning'

  constructor(kind: 'text' | 'reasoning', id: string, serial: string) {
    super(id, serial)
    this.kind = kind
    this.sources = []
  }

  /** It goes on in its last source only. */
  override get settled(): boolean {
    return this.sources.at(-1)!.text.done
  }

  get verified(): boolean {
    return this.gaps.length === 0 && this.sources.every((s) => s.text.verified === true)
  }

  /** What came last may be missing: continuity was lost. */
  get broken(): boolean {
    return this.sources.some((source) => source.text.broken)
  }

  /** A run of it does not follow one that is known to its end. */
  get torn(): boolean {
    return this.sources.some((_, i) => this.#tornAt(i))
  }

  /** A run begins when the one before it is closed. */
  #tornAt(index: number): boolean {
    const { run } = this.sources[index]!
    const before = this.sources[index - 1]
    return run > 0 && !(before?.run === run - 1 && before.text.closed)
  }

  add(source: TextSource): void {
    this.sources.push(source)
    this.sources.sort((a, b) => a.run - b.run || (a.serial < b.serial ? -1 : 1))
    if (source.serial < this.serial) this.serial = source.serial
  }

  override refresh(): ResponseChange | undefined {
    const shown = this.snapshot?.text.length ?? 0
    let text = ''
    let gaps: Gap[] | undefined
    let appended: string | undefined = ''
    for (const [i, { text: source }] of this.sources.entries()) {
      source.settle()
      const change = source.takeChange()
      // An extension of the whole only if nothing of an earlier source changed after it.
      if (change === undefined || (appended !== '' && change === '' && source.length > 0))
        appended = undefined
      else if (appended !== undefined) appended += change
      const at = text.length
      const gap = (from: number, to: number, missing?: number) =>
        (gaps ??= []).push({ part: this.id, from: from + at, to: to + at, missing })
      // All of the run before, or its end, is missing.
      if (this.#tornAt(i)) gap(0, 0)
      for (const hole of source.holes) gap(hole.from, hole.to, hole.missing)
      // What is declared to be another text cannot be shown as if it were right.
      if (source.verified === false) gap(0, source.length)
      text += source.text
    }
    this.gaps = gaps ?? noGaps
    const state = this.settled ? 'done' : 'streaming'
    this.dirty = false
    const changed = text.length !== shown || appended !== ''
    if (changed || state !== this.snapshot?.state)
      this.snapshot = { type: this.kind, id: this.id, text, state }
    if (!changed) return undefined
    const from = appended === undefined ? -1 : text.length - appended.length
    return from === shown ? { part: this.id, from, appended: appended! } : { part: this.id, replaced: true }
  }
}
