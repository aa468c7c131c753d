import { isFields, textIn, type Fields, type Intake } from '../common/intake.ts'

/**
 * OpenRouter's `reasoning_details`, which the next call needs. They stream in fragments; the fragments of one text are
 * joined.
 */
export class ReasoningDetails {
  #details: Record<string, unknown>[] = []

  /** Adds a chunk's details; returns their reasoning text. */
  add(value: unknown, what: string, intake: Intake): string {
    let told = ''
    for (const detail of intake.list(value, what)) {
      told += textIn(detail['text']) ?? textIn(detail['summary']) ?? ''
      const last = this.#details.at(-1)
      if (last && continues(last, detail)) join(last, detail)
      else this.#details.push({ ...detail })
    }
    return told
  }

  /** Returns all details so far and starts again. */
  take(): Fields[] {
    const details = this.#details
    this.#details = []
    return details
  }
}

const GROWING = new Set(['text', 'summary', 'data'])

function continues(last: Fields, next: Fields): boolean {
  const same = last['type'] === next['type'] && last['index'] === next['index']
  return same && isFields(last) && (last['id'] ?? next['id']) === (next['id'] ?? last['id'])
}

function join(last: Record<string, unknown>, next: Fields): void {
  for (const [name, value] of Object.entries(next)) {
    if (value === undefined || value === null) continue
    const before = last[name]
    const grows = GROWING.has(name) && typeof before === 'string' && typeof value === 'string'
    last[name] = grows ? before + value : value
  }
}
