import { Approval } from './approval.ts'
import { checksum } from './checksum.ts'
import type { DataEvent, SourceEvent, TextEvent, ToolEvent } from './event.ts'
import { GrowingText } from './growingText.ts'
import { parsePartialJson } from './partialJson.ts'
import type { Gap, Part, ReasoningPart, ResponseChange, RowPart, TextPart, ToolState } from './types.ts'

/** A part while it is being assembled; `snapshot` is what a view gets, the same object until it changes. */
export interface OpenPart {
  readonly id: string
  /** Serial of its first message: the order of parts. */
  serial: string
  /** Whether `refresh` must look at it. */
  dirty: boolean
  snapshot: Part | undefined
  gaps: readonly Gap[]
  /** Makes the snapshot anew and tells what changed in its text; undefined when no text did. */
  refresh(): ResponseChange | undefined
}

/** One message that grows, or the tokens of a run: each is a text of its own. */
export interface TextSource {
  serial: string
  readonly unit: TextEvent['unit']
  /** Place among the runs of its part, from 0 (PROTOCOL.md §1.3). */
  run: number
  readonly text: GrowingText
}

const noGaps: readonly Gap[] = Object.freeze([])

export function newSource(serial: string, unit: TextEvent['unit'], run = 0): TextSource {
  const text = new GrowingText(unit === 'message')
  text.checksum = checksum
  return { serial, unit, run, text }
}

/** Text or reasoning: usually one source; more when a part continues in further messages (PROTOCOL.md §1.3). */
export class OpenText implements OpenPart {
  dirty = true
  snapshot: TextPart | ReasoningPart | undefined
  gaps = noGaps
  sources: TextSource[] = []
  readonly kind: 'text' | 'reasoning'
  readonly id: string
  serial: string

  constructor(kind: 'text' | 'reasoning', id: string, serial: string) {
    this.kind = kind
    this.id = id
    this.serial = serial
  }

  /** It goes on in its last source only. */
  get done(): boolean {
    return this.sources.at(-1)!.text.done
  }

  get verified(): boolean {
    return this.gaps.length === 0 && this.sources.every((s) => s.text.verified === true)
  }

  add(source: TextSource): void {
    this.sources.push(source)
    this.sources.sort((a, b) => a.run - b.run || (a.serial < b.serial ? -1 : 1))
    if (source.serial < this.serial) this.serial = source.serial
  }

  refresh(): ResponseChange | undefined {
    const shown = this.snapshot?.text ?? ''
    let text = ''
    const gaps: Gap[] = []
    let appended: string | undefined = ''
    let before: TextSource | undefined
    for (const one of this.sources) {
      const { text: source, run } = one
      source.settle()
      const change = source.takeChange()
      // An extension of the whole only if nothing of an earlier source changed after it.
      if (change === undefined || (appended !== '' && change === '' && source.length > 0))
        appended = undefined
      else if (appended !== undefined) appended += change
      const at = text.length
      const gap = (from: number, to: number, missing?: number) =>
        gaps.push({ part: this.id, from: from + at, to: to + at, missing })
      // A run begins when the one before it is closed: else all of that, or its end, is missing.
      if (run > 0 && !(before?.run === run - 1 && before.text.closed)) gap(0, 0)
      for (const hole of source.holes) gap(hole.from, hole.to, hole.missing)
      // What is declared to be another text cannot be shown as if it were right.
      if (source.verified === false) gap(0, source.length)
      text += source.text
      before = one
    }
    this.gaps = gaps.length ? gaps : noGaps
    const state = this.done ? 'done' : 'streaming'
    this.dirty = false
    const changed = text.length !== shown.length || appended !== ''
    if (changed || state !== this.snapshot?.state)
      this.snapshot = { type: this.kind, id: this.id, text, state }
    if (!changed) return undefined
    const from = appended === undefined ? -1 : text.length - appended.length
    return from === shown.length
      ? { part: this.id, from, appended: appended! }
      : { part: this.id, replaced: true }
  }
}

type Changes = { [K in ToolEvent['change']['kind']]?: { version: string; event: ToolEvent } }

/** A tool call: its arguments, progress, approval and outcome come in any order. */
export class OpenTool implements OpenPart {
  dirty = true
  snapshot: Part | undefined
  gaps = noGaps
  readonly id: string
  serial: string
  name: string | undefined
  /** The argument text, where it streams. */
  input: OpenText | undefined
  #changes: Changes = {}
  #approval: Approval | undefined

  constructor(toolCallId: string, serial: string) {
    this.id = toolCallId
    this.serial = serial
  }

  /** Part of the conversation's flow: nothing of it is awaited any more. */
  get settled(): boolean {
    return !!(this.#changes.result ?? this.#changes.failure)
  }

  /** Arguments with a hole are no arguments: nothing is made of them until it is filled. */
  #parseInput({ gaps, snapshot }: OpenText): unknown {
    return gaps.length ? undefined : parsePartialJson(snapshot!.text)
  }

  apply(event: ToolEvent): boolean {
    const { kind } = event.change
    if (kind === 'approval-request' || kind === 'approval-response') {
      if (!(this.#approval ??= new Approval()).apply(event)) return false
      this.name ??= event.toolName
      return (this.dirty = true)
    }
    const known = this.#changes[kind]
    if (known && known.version >= event.version) return false
    this.#changes[kind] = { version: event.version, event }
    this.name ??= event.toolName
    return (this.dirty = true)
  }

  refresh(): undefined {
    this.dirty = false
    const { result, failure, progress } = this.#changes
    const approval = this.#approval
    const decision = approval?.decision
    const pending = approval?.pending
    this.input?.refresh()
    this.gaps = this.input?.gaps ?? noGaps
    const call = this.#changes.call?.event.change as { input: unknown } | undefined
    const parsed = call ? call.input : this.input ? this.#parseInput(this.input) : approval?.input
    const output = result?.event.change as { output: unknown } | undefined
    const failed = failure?.event.change as { errorText: string } | undefined
    let state: ToolState =
      call || this.input?.done || (approval?.requested && parsed !== undefined)
        ? 'input-available'
        : 'input-streaming'
    if (approval?.requested) state = 'approval-requested'
    if (decision) state = decision.approved ? 'approval-responded' : 'output-denied'
    if (failed) state = 'output-error'
    if (output) state = 'output-available'
    const { kind: _, ...reported } = (progress?.event.change ?? { kind: '' }) as Record<string, unknown>
    this.snapshot = {
      type: `tool-${this.name ?? 'unknown'}`,
      id: this.id,
      toolCallId: this.id,
      state,
      input: parsed,
      ...(this.input && !this.input.done && { inputText: this.input.snapshot!.text }),
      ...(output && { output: output.output }),
      ...(failed && { errorText: failed.errorText }),
      ...(progress && { progress: reported }),
      ...(approval && { approval: { id: this.id, ...decision, ...(pending && { pending }) } }),
    } as Part
    return undefined
  }
}

/** A source or application data: whole in one message, replaced by a newer version. */
export class OpenValue implements OpenPart {
  dirty = true
  snapshot: Part | undefined
  gaps = noGaps
  readonly id: string
  serial: string
  #version = ''
  #event: SourceEvent | DataEvent | undefined

  constructor(id: string, serial: string) {
    this.id = id
    this.serial = serial
  }

  apply(event: SourceEvent | DataEvent): boolean {
    if (event.version <= this.#version) return false
    this.#version = event.version
    this.#event = event
    return (this.dirty = true)
  }

  refresh(): undefined {
    this.dirty = false
    const event = this.#event
    if (event?.type === 'source') this.snapshot = { id: this.id, type: 'source-url', ...event.source }
    else if (event?.type === 'data' && !event.deleted)
      this.snapshot = { id: this.id, type: `data-${event.name}`, data: event.data } as Part
    else this.snapshot = undefined
    return undefined
  }
}

/** A part that a database row brought, other than text: shown as the app kept it. */
export class RowValue implements OpenPart {
  dirty = false
  gaps = noGaps
  readonly id: string
  serial: string
  snapshot: Part

  constructor(id: string, serial: string, part: RowPart) {
    this.id = id
    this.serial = serial
    this.snapshot = { ...part, id } as unknown as Part
  }

  refresh(): undefined {
    this.dirty = false
    return undefined
  }
}
