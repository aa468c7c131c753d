import type { Message } from './message.ts'
import type { WireAnnotation } from '../wire/protocol.ts'
import { isChannelSerial, serialTime } from '../wire/serial.ts'

/** A record that something happened at a serial. The message itself holds what it has become. */
export interface JournalEntry {
  readonly serial: string
  readonly frameId: string
  readonly connectionId: string | undefined
  readonly timestamp: number
  readonly messages?: readonly Message[]
  /** The message whose summary changed. */
  readonly summaryOf?: Message
  readonly annotations?: readonly WireAnnotation[]
}

/** The recent past of a channel: enough to continue from any serial at or above its floor. */
export class Journal {
  readonly #series: string
  #entries: JournalEntry[] = []
  #floor: string
  #head: string

  constructor(series: string, start: string) {
    this.#series = series
    this.#floor = start
    this.#head = start
  }

  /** The serial of the last event. */
  get head(): string {
    return this.#head
  }

  get length(): number {
    return this.#entries.length
  }

  append(entry: JournalEntry): void {
    this.#entries.push(entry)
    this.#head = entry.serial
  }

  /** Moves the head without an entry: presence is not replayed, because a sync replaces it. */
  advance(serial: string): void {
    this.#head = serial
  }

  /** Whether everything after `serial` is still known. */
  reaches(serial: string): boolean {
    const ours = isChannelSerial(serial) && serial.split('@')[1]!.split(':')[0] === this.#series
    return ours && serial >= this.#floor
  }

  after(serial: string): JournalEntry[] {
    let low = 0
    let high = this.#entries.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#entries[middle]!.serial > serial) high = middle
      else low = middle + 1
    }
    return this.#entries.slice(low)
  }

  /** Drops entries from before `time`, and the oldest beyond `limit`. */
  expire(time: number, limit: number): void {
    let gone = Math.max(0, this.#entries.length - limit)
    while (gone < this.#entries.length && serialTime(this.#entries[gone]!.serial) < time) gone++
    if (gone > 0) this.#drop(gone)
  }

  /** Drops entries up to and including a serial. */
  dropThrough(serial: string): void {
    const gone = this.#entries.length - this.after(serial).length
    if (gone > 0) this.#drop(gone)
    if (serial > this.#floor) this.#floor = serial
  }

  /** Drops all entries, so that resumes from earlier serials fail. */
  forget(serial: string): void {
    this.#entries = []
    this.#floor = serial
    this.#head = serial
  }

  #drop(count: number): void {
    this.#floor = this.#entries[count - 1]!.serial
    this.#entries.splice(0, count)
  }
}
