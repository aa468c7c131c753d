import type { Run } from '../text/run.ts'
import { noGaps, OpenPart } from './part.ts'
import type { Gap, ReasoningPart, ResponseChange, TextPart } from '../types/types.ts'

/** Text or reasoning: usually one run; more when a part continues in further messages (PROTOCOL.md §1.3). */
export class OpenText extends OpenPart {
  declare snapshot: TextPart | ReasoningPart | undefined
  declare runs: Run[]
  readonly kind: 'text' | 'reasoning'

  constructor(kind: 'text' | 'reasoning', id: string, serial: string) {
    super(id, serial)
    this.kind = kind
    this.runs = []
  }

  /** It goes on in its last run only. */
  override get finished(): boolean {
    return this.runs.at(-1)!.done
  }

  get verified(): boolean {
    return this.gaps.length === 0 && this.runs.every((run) => run.verified === true)
  }

  /** Continuity was lost after its newest text: some may be missing there. */
  get broken(): boolean {
    return this.runs.some((run) => run.broken)
  }

  /** One of its runs follows a run whose end is unknown. */
  get torn(): boolean {
    return this.runs.some((_, i) => this.#tornAt(i))
  }

  /** A run begins when the one before it is closed. Of two messages that claim to be one, the first must go on. */
  #tornAt(index: number): boolean {
    const run = this.runs[index]!
    const before = this.runs[index - 1]
    if (run.merges && before?.merges && run.index === before.index) return before.done || !before.closed
    return run.index > 0 && !(before?.index === run.index - 1 && before.closed)
  }

  add(run: Run): void {
    this.runs = this.runs.concat(run)
    this.runs.sort((a, b) => a.index - b.index || (a.serial < b.serial ? -1 : 1))
    if (run.serial < this.serial) this.serial = run.serial
  }

  /** A signature does not fit an edited text. A row has both as they were. */
  get #edited(): boolean {
    return this.editedBy !== undefined || (!this.row && this.runs.some((run) => run.edited))
  }

  #stateOf(
    text: string,
    state: TextPart['state'],
    providerMetadata: TextPart['providerMetadata'],
    editedBy: string | undefined,
  ): TextPart | ReasoningPart {
    const shown = { type: this.kind, id: this.id, text, state }
    // Spreads are slow, and most parts have neither.
    if (!providerMetadata && editedBy === undefined) return shown
    return {
      ...shown,
      ...(providerMetadata && { providerMetadata }),
      ...(editedBy !== undefined && { editedBy }),
    }
  }

  #findGaps(): readonly Gap[] {
    const gaps: Gap[] = []
    let at = 0
    for (const [i, run] of this.runs.entries()) {
      const gap = (from: number, to: number, missing?: number) =>
        gaps.push({ part: this.id, from: from + at, to: to + at, missing })
      // All of the run before, or its end, is missing.
      if (this.#tornAt(i)) gap(0, 0)
      for (const { from, to, missing } of run.gaps) gap(from, to, missing)
      // Its checksum disagrees: the text must not be shown as right.
      if (run.verified === false) gap(0, run.length)
      at += run.length
    }
    return gaps.length > 0 ? gaps : noGaps
  }

  override refresh(): ResponseChange | undefined {
    const shown = this.snapshot?.text.length ?? 0
    let text = ''
    let hasGap = false
    let appended: string | undefined = ''
    for (const run of this.runs) {
      run.fold()
      const change = run.takeChange()
      // An extension of the whole only if nothing of an earlier run changed after it.
      if (change === undefined || (appended !== '' && change === '' && run.length > 0)) appended = undefined
      else if (appended !== undefined) appended += change
      hasGap ||= this.runs.length > 1 || run.index > 0 || run.gaps.length > 0 || run.verified === false
      text += run.text
    }
    this.gaps = hasGap ? this.#findGaps() : noGaps
    const state = this.isOver || this.finished ? 'done' : 'streaming'
    this.dirty = false
    const changed = text.length !== shown || appended !== ''
    const before = this.snapshot
    const { editedBy } = this
    const providerMetadata = this.providerMetadata && !this.#edited ? this.providerMetadata : undefined
    if (
      changed ||
      state !== before?.state ||
      providerMetadata !== before.providerMetadata ||
      editedBy !== before.editedBy
    )
      this.snapshot = this.#stateOf(text, state, providerMetadata, editedBy)
    if (!changed) return undefined
    const from = appended === undefined ? -1 : text.length - appended.length
    return from === shown ? { part: this.id, from, appended: appended! } : { part: this.id, replaced: true }
  }
}
