import type { DroppedEvent, ModelEvent } from '../../response/modelEvent.ts'

/** An object of unknown fields. */
export type Fields = Readonly<Record<string, unknown>>

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Distinct values that one stream reports as dropped; the same place again is not news. */
const MAX_REPORTS = 50

/**
 * Takes values whose types are promised by a provider, and not kept by all. A value of another type is left out,
 * never converted, and reported once for each place.
 */
export class Intake {
  readonly #reported = new Set<string>()
  #pending: DroppedEvent[] = []

  /** `''` for no text. */
  text(value: unknown, what: string): string {
    if (typeof value === 'string') return value
    if (value !== undefined && value !== null) this.drop(what, `it is ${kindOf(value)}, not a text`)
    return ''
  }

  fields(value: unknown, what: string): Fields | undefined {
    if (isFields(value)) return value
    if (value !== undefined && value !== null) this.drop(what, `it is ${kindOf(value)}, not an object`)
    return undefined
  }

  /** The objects of a list. One object stands for a list of it. */
  list(value: unknown, what: string): Fields[] {
    if (isFields(value)) return [value]
    if (value === undefined || value === null) return []
    if (!Array.isArray(value)) {
      this.drop(what, `it is ${kindOf(value)}, not a list`)
      return []
    }
    const found = value.map((item: unknown, place) => this.fields(item, `${what}[${place}]`))
    return found.filter((item) => item !== undefined)
  }

  drop(what: string, why: string): void {
    if (this.#reported.has(what) || this.#reported.size >= MAX_REPORTS) return
    this.#reported.add(what)
    this.#pending.push({ type: 'dropped', what, why })
  }

  /** The events, and what was dropped on their way: before the end of the answer, which is the last event. */
  *reporting(events: Iterable<ModelEvent>): Generator<ModelEvent> {
    for (const event of events) {
      if (event.type === 'finish' || event.type === 'abort' || event.type === 'error') yield* this.#dropped()
      yield event
    }
    yield* this.#dropped()
  }

  *#dropped(): Generator<DroppedEvent> {
    if (this.#pending.length === 0) return
    const pending = this.#pending
    this.#pending = []
    yield* pending
  }
}

export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  const kind = typeof value
  return kind === 'object' ? 'an object' : `a ${kind}`
}

export function numberIn(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}

/** A text that says something. */
export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The value as a text that names it, whatever it is: an object's own `toString` may be anything. */
export function wordFor(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : kindOf(value)
}
