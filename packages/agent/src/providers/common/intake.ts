import type { DroppedEvent, ModelEvent } from '../../response/modelEvent.ts'

/** An object of unknown fields. */
export type Fields = Readonly<Record<string, unknown>>

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Maximum number of distinct dropped values that one stream reports; each place is reported once. */
const MAX_REPORTS = 50

/**
 * Reads values whose types a provider promises but does not always keep. A value of another type is dropped, never
 * converted, and reported once for each place.
 */
export class Intake {
  readonly #reported = new Set<string>()
  #pending: DroppedEvent[] = []

  /** Returns `''` for a value that is not a text. */
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

  /** The objects of a list. A single object counts as a list of one. */
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

  /** Passes the events on, and reports dropped values before the last event, which ends the answer. */
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

/** A text that is not empty. */
export function textIn(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A short text for any value: an object's own `toString` may be anything. */
export function wordFor(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : kindOf(value)
}
