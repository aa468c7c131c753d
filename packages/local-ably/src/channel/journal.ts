import type { Message } from './message.ts'
import type { WireAnnotation } from '../wire/protocol.ts'
import { isChannelSerial, serialTime } from '../wire/serial.ts'

/** That something happened on a channel at a serial. What a message became is read from the message itself. */
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

/** The recent past of a channel, enough to continue from any serial that is not below its floor. */
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

  /** The serial of the last thing that happened. */
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

  /** Moves the head without an entry: presence events are not replayed, a sync stands for them. */
  advance(serial: string): void {
    this.#head = serial
  }

  /** Whether everything after `serial` is still here. */
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

  /** Forgets what happened before `time`, and the oldest beyond `limit` entries. */
  expire(time: number, limit: number): void {
    let gone = Math.max(0, this.#entries.length - limit)
    while (gone < this.#entries.length && serialTime(this.#entries[gone]!.serial) < time) gone++
    if (gone > 0) this.#drop(gone)
  }

  /** Forgets what happened up to and at a serial. */
  dropThrough(serial: string): void {
    const gone = this.#entries.length - this.after(serial).length
    if (gone > 0) this.#drop(gone)
    if (serial > this.#floor) this.#floor = serial
  }

  /** Forgets everything up to now: nobody can continue from an earlier serial. */
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
