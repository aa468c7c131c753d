import { Beats, BEAT } from './beats.ts'
import type { Fate } from './beats.ts'
import { Log } from './log.ts'
import type { Entry, Row } from './log.ts'
import { count, short } from './sizeOf.ts'
import { Spans } from './spans.ts'
import type { Lane, Span } from './spans.ts'

/** What an app knows of a publish by other means than its channel: from its agent's process, or a server for tests. */
export interface Publish {
  /** Call again with the same id when the outcome is known. */
  id: string
  /** Milliseconds since the epoch; default: now. */
  at?: number
  /** Such as `create`, `append`, or the message's name. */
  what: string
  characters: number
  /** `waiting`: its outcome is not known yet. */
  fate: 'waiting' | 'stored' | 'refused'
}

export interface Totals {
  /** Live messages, those that were ignored included, and their characters. */
  messages: number
  size: number
  largest: number
  past: number
  ignored: number
  publishes: number
  refused: number
  gaps: number
  healed: number
}

const none: Totals = {
  messages: 0,
  size: 0,
  largest: 0,
  past: 0,
  ignored: 0,
  publishes: 0,
  refused: 0,
  gaps: 0,
  healed: 0,
}

/** Milliseconds over which rates are measured. */
const RATE_TIME = 5_000
const MAX_WAITING = 2_000
const MAX_MARKS = 50

type Told = Omit<Entry, 'at' | 'size'> & { size?: number }

/** Everything that an inspector knows: bounded, and without a page. */
export class Timeline {
  readonly log = new Log()
  readonly beats = new Beats()
  readonly spans = new Spans()
  readonly marks: { at: number; text: string }[] = []
  readonly now: () => number
  totals: Totals = { ...none }
  /** When something last changed. */
  changedAt: number
  readonly #onChange: () => void
  readonly #waiting = new Map<string, Publish & { at: number }>()

  constructor(onChange: () => void, now: () => number = Date.now) {
    this.#onChange = onChange
    this.now = now
    this.changedAt = now()
  }

  /** A message of the channel came. */
  message(fate: Extract<Fate, 'arrived' | 'past' | 'ignored'>, told: Told & { size: number }): void {
    const { totals } = this
    if (fate === 'past') totals.past++
    else {
      totals.messages++
      totals.size += told.size
      totals.largest = Math.max(totals.largest, told.size)
    }
    if (fate === 'ignored') totals.ignored++
    this.beats.add(this.now(), fate, told.size)
    this.tell(told)
  }

  /** The outcome of a publish, reported once or twice. */
  publish(publish: Publish): void {
    const { id, what, characters, fate } = publish
    const before = this.#waiting.get(id)
    const at = before?.at ?? publish.at ?? this.now()
    if (before) this.beats.add(at, 'waiting', -before.characters, -1)
    else this.totals.publishes++
    this.#waiting.delete(id)
    if (fate === 'waiting') {
      this.#waiting.set(id, { ...publish, at })
      if (this.#waiting.size > MAX_WAITING) this.#waiting.delete(this.#waiting.keys().next().value!)
    }
    if (fate === 'refused') this.totals.refused++
    this.beats.add(at, fate, characters)
    if (fate === 'waiting') return this.changed()
    const name = short(what)
    const text = fate === 'refused' ? 'refused' : 'published'
    this.tell({
      kind: 'publish',
      what: name,
      text,
      size: characters,
      raw: publish,
      key: `publish ${fate} ${name}`,
    })
  }

  /** Begins a span of time. */
  begin(lane: Lane, key: string, label: string, told: Told): void {
    this.spans.begin(lane, key, label, this.now())
    this.tell(told)
  }

  end(lane: Lane, key: string, label: string | undefined, told: Told): Span | undefined {
    const span = this.spans.end(lane, key, this.now(), label)
    if (span) this.tell(told)
    return span
  }

  /** Something was done: draws a line through the picture. */
  mark(text: string): void {
    this.marks.push({ at: this.now(), text: short(text, 200) })
    if (this.marks.length > MAX_MARKS) this.marks.shift()
    this.tell({ kind: 'mark', what: 'mark', text: short(text, 200), raw: text })
  }

  tell(told: Told): void {
    this.log.add({ size: 0, ...told, at: this.now() })
    this.changed()
  }

  get rows(): readonly Row[] {
    return this.log.rows
  }

  /** Live messages and characters a second. */
  get rate(): { messages: number; size: number } {
    const now = this.now()
    const rate = { messages: 0, size: 0 }
    for (const { fate, count, size } of this.beats.since(now - RATE_TIME + BEAT, now)) {
      if (fate !== 'arrived' && fate !== 'ignored') continue
      rate.messages += (count * 1000) / RATE_TIME
      rate.size += (size * 1000) / RATE_TIME
    }
    return rate
  }

  /** As a sentence. */
  get summary(): string {
    const { messages, past, ignored, publishes, refused, gaps, healed } = this.totals
    const parts = [
      count(messages, 'message'),
      past > 0 && `${past.toLocaleString('en')} of the past`,
      ignored > 0 && `${ignored.toLocaleString('en')} ignored`,
      publishes > 0 && `${count(publishes, 'publish', 'publishes')}, ${refused.toLocaleString('en')} refused`,
      `${count(gaps, 'gap')}, ${healed.toLocaleString('en')} filled`,
    ]
    return `${parts.filter(Boolean).join('; ')}.`
  }

  clear(): void {
    this.log.clear()
    this.beats.clear()
    this.spans.clear()
    this.#waiting.clear()
    this.marks.length = 0
    this.totals = { ...none }
    this.changed()
  }

  changed(): void {
    this.changedAt = this.now()
    this.#onChange()
  }
}
