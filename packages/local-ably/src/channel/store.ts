import type { Message } from './message.ts'
import { weightOf, type Retained } from './retained.ts'
import { serialTime } from '../wire/serial.ts'

/** The messages of one channel in order of creation, which is the order of their serials. */
export class MessageStore {
  readonly #bySerial = new Map<string, Message>()
  readonly #weights = new Map<Message, number>()
  readonly #retained: Retained
  #ordered: Message[] = []
  /** No message was touched before this time, so most sweeps need not look at each. */
  #oldest = 0
  #bytes = 0

  constructor(retained: Retained) {
    this.#retained = retained
  }

  /** Bytes of all messages, versions and annotations included. */
  get bytes(): number {
    return this.#bytes
  }

  get size(): number {
    return this.#ordered.length
  }

  get(serial: string): Message | undefined {
    return this.#bySerial.get(serial)
  }

  add(message: Message): void {
    this.#bySerial.set(message.serial, message)
    this.#ordered.push(message)
    this.weigh(message)
  }

  /** Counts a message again after it changed. */
  weigh(message: Message): void {
    this.#count(message, weightOf(message))
  }

  /** Drops the oldest messages until at most `bytes` are left, but never the last. Returns their greatest `touched`. */
  dropOldest(bytes: number): string | undefined {
    let count = 0
    let touched: string | undefined
    while (this.#bytes > bytes && count < this.#ordered.length - 1) {
      const message = this.#ordered[count++]!
      if (touched === undefined || message.touched > touched) touched = message.touched
      this.#forget(message)
    }
    this.#ordered.splice(0, count)
    return touched
  }

  #count(message: Message, weight: number): void {
    const change = weight - (this.#weights.get(message) ?? 0)
    this.#weights.set(message, weight)
    this.#bytes += change
    this.#retained.add(change)
  }

  #forget(message: Message): void {
    this.#count(message, 0)
    this.#weights.delete(message)
    this.#bySerial.delete(message.serial)
  }

  /** All messages, oldest first. Do not modify. */
  all(): readonly Message[] {
    return this.#ordered
  }

  /** The index of the first message whose serial is greater than `serial`. */
  indexAfter(serial: string): number {
    let low = 0
    let high = this.#ordered.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#ordered[middle]!.serial > serial) high = middle
      else low = middle + 1
    }
    return low
  }

  /** Drops messages last touched before `time`, and the oldest beyond `limit`. */
  expire(time: number, limit: number, keepLast: boolean): void {
    const excess = Math.max(0, this.#ordered.length - limit)
    if (excess === 0 && time <= this.#oldest) return
    const last = keepLast ? this.#ordered.at(-1) : undefined
    const stays = (message: Message, index: number) =>
      message === last || (index >= excess && serialTime(message.touched) >= time)
    const kept: Message[] = []
    let oldest = Infinity
    for (const [index, message] of this.#ordered.entries()) {
      if (stays(message, index)) {
        kept.push(message)
        oldest = Math.min(oldest, serialTime(message.touched))
      } else this.#forget(message)
    }
    this.#ordered = kept
    this.#oldest = kept.length > 0 ? oldest : 0
  }

  clear(): void {
    for (const message of this.#ordered) this.#forget(message)
    this.#ordered = []
  }
}
