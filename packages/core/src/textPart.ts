import { checksum } from './checksum.ts'
import type { TextEvent } from './event.ts'
import { GrowingText } from './growingText.ts'
import { noGaps, OpenPart } from './part.ts'
import type { TextSource } from './part.ts'
import type { Gap, ReasoningPart, ResponseChange, TextPart } from './types.ts'

export function newSource(serial: string, unit: TextEvent['unit']): TextSource {
  const text = new GrowingText(unit === 'message')
  text.checksum = checksum
  return { serial, unit, text }
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

  override get settled(): boolean {
    return this.sources.every((s) => s.text.done)
  }

  get verified(): boolean {
    return this.sources.every((s) => s.text.verified === true)
  }

  add(source: TextSource): void {
    this.sources.push(source)
    this.sources.sort((a, b) => (a.serial < b.serial ? -1 : 1))
    if (source.serial < this.serial) this.serial = source.serial
  }

  override refresh(): ResponseChange | undefined {
    const before = this.snapshot?.text.length ?? 0
    let text = ''
    let gaps: Gap[] | undefined
    let appended: string | undefined = ''
    for (const { text: source } of this.sources) {
      source.settle()
      const change = source.takeChange()
      // An extension of the whole only if nothing of an earlier source changed after it.
      if (change === undefined || (appended !== '' && change === '' && source.length > 0))
        appended = undefined
      else if (appended !== undefined) appended += change
      const at = text.length
      const missing = (from: number, to: number, size: number | undefined) =>
        (gaps ??= []).push({ part: this.id, from: from + at, to: to + at, missing: size })
      for (const hole of source.holes) missing(hole.from, hole.to, hole.missing)
      // What is declared to be another text cannot be shown as if it were right.
      if (source.verified === false) missing(0, source.length, undefined)
      text += source.text
    }
    this.gaps = gaps ?? noGaps
    const state = this.settled ? 'done' : 'streaming'
    this.dirty = false
    const changed = text.length !== before || appended !== ''
    if (changed || state !== this.snapshot?.state)
      this.snapshot = { type: this.kind, id: this.id, text, state }
    if (!changed) return undefined
    const from = appended === undefined ? -1 : text.length - appended.length
    return from === before ? { part: this.id, from, appended: appended! } : { part: this.id, replaced: true }
  }
}
