import type { ResponseStatus } from '../types/types.ts'
import type { Entry } from './entry.ts'
import type { Response } from './response.ts'
import type { Span } from './span.ts'

/** A response that is over, as a database row or the messages of history tell it: it is a line, and no more. */
export interface Shelved extends Entry {
  readonly status: ResponseStatus
  readonly clientId: string | undefined
  /** The reading of the past that brought it; undefined once it shows, or is off the shelf. */
  reading: number | undefined
  /** The messages that it is made of. */
  serials(): readonly string[]
  /** Adds which messages of the channel it is made of. */
  measure(span: Span): void
  /** Makes the response, once: the line keeps nothing that it was made of. */
  make(): Response
}

export interface ShelfHost {
  /** A response was made of what was shelved; `reading`: of what does not show yet. */
  unshelved(response: Response, from: Shelved, reading: number | undefined): void
  /** Lines show. */
  shown(lines: readonly Shelved[]): void
}

/** Responses that are over, until they are asked for, or the channel has more of them. */
export class Shelf {
  readonly #host: ShelfHost
  readonly byId = new Map<string, Shelved>()
  /** The ids of those that a message is of. */
  readonly idsBySerial = new Map<string, string>()
  /** Those that do not show yet, by the reading that brought them. */
  readonly #held = new Map<number, Shelved[]>()

  constructor(host: ShelfHost) {
    this.#host = host
  }

  put(shelved: Shelved): void {
    this.byId.set(shelved.id, shelved)
    for (const serial of shelved.serials()) this.name(serial, shelved)
  }

  /** One of its messages has this serial. */
  name(serial: string, { id }: Shelved): void {
    this.idsBySerial.set(serial, id)
  }

  /** Some do not show yet. */
  get holds(): boolean {
    return this.#held.size > 0
  }

  /** Their lines show when a reading ends. */
  hold(lines: Shelved[], reading: number): void {
    const held = this.#held.get(reading)
    if (held) for (const line of lines) held.push(line)
    else if (lines.length > 0) this.#held.set(reading, lines)
  }

  /** Makes the response that goes by this id. */
  find(id: string): Response | undefined {
    const reading = this.byId.get(id)?.reading
    const shelved = this.take(id)
    if (!shelved) return undefined
    const response = shelved.make()
    this.#host.unshelved(response, shelved, reading)
    return response
  }

  /** Makes the response that a message is of. */
  bySerial(serial: string): Response | undefined {
    const id = this.idsBySerial.get(serial)
    return id === undefined ? undefined : this.find(id)
  }

  /**
   * The lines show, but for those of `held` readings. Returns whether there are any. A response that is `watched` is
   * made.
   */
  show(held: ReadonlySet<number>, watched: { keys(): Iterable<string> }): boolean {
    let shows = false
    for (const [reading, all] of this.#held) {
      if (held.has(reading)) continue
      this.#held.delete(reading)
      for (const id of watched.keys()) if (this.byId.get(id)?.reading === reading) this.find(id)
      const lines = all.filter(isHeld)
      if (lines.length === 0) continue
      lines.forEach(release)
      this.#host.shown(lines)
      shows = true
    }
    return shows
  }

  /** Another reading takes over what one holds back. */
  handOver(reading: number, to: number): void {
    const lines = (this.#held.get(reading) ?? []).filter(isHeld)
    this.#held.delete(reading)
    for (const line of lines) line.reading = to
    this.hold(lines, to)
  }

  /** Takes it off. */
  take(id: string): Shelved | undefined {
    const shelved = this.byId.get(id)
    if (!shelved) return undefined
    this.byId.delete(id)
    shelved.reading = undefined
    for (const serial of shelved.serials()) this.idsBySerial.delete(serial)
    return shelved
  }
}

const isHeld = ({ reading }: Shelved): boolean => reading !== undefined

function release(shelved: Shelved): void {
  shelved.reading = undefined
}
