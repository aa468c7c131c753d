import { isFields, textIn, type Fields, type Intake } from '../common/intake.ts'

/**
 * OpenRouter's `reasoning_details`: what the next call needs to see of the reasoning. They stream in fragments;
 * those of one text are put together again.
 */
export class ReasoningDetails {
  #details: Record<string, unknown>[] = []

  /** Takes the details of a chunk; returns the reasoning that they tell. */
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

  /** All so far; begins anew. */
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
