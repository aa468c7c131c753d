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
  /** A line of this client shows. */
  speaks(clientId: string): void
  /** Lines show. */
  shown(lines: readonly Shelved[]): void
}

/** Responses that are over, until they are asked for, or the channel has more of them. */
export class Shelf {
  readonly #host: ShelfHost
  readonly #byId = new Map<string, Shelved>()
  readonly #bySerial = new Map<string, string>()
  /** Those that do not show yet, by the reading that brought them. */
  readonly #held = new Map<number, Shelved[]>()

  constructor(host: ShelfHost) {
    this.#host = host
  }

  get(id: string): Shelved | undefined {
    return this.#byId.get(id)
  }

  all(): Iterable<Shelved> {
    return this.#byId.values()
  }

  idOf(serial: string): string | undefined {
    return this.#bySerial.get(serial)
  }

  /** Takes one whose line shows when its reading ends. */
  add(shelved: Shelved): void {
    this.put(shelved)
    this.hold(shelved)
  }

  put(shelved: Shelved): void {
    this.#byId.set(shelved.id, shelved)
    const serials = shelved.serials()
    if (serials.length > 0) serials.forEach((serial) => this.name(serial, shelved))
  }

  /** One of its messages has this serial. */
  name(serial: string, { id }: Shelved): void {
    this.#bySerial.set(serial, id)
  }

  /** Some do not show yet. */
  get holds(): boolean {
    return this.#held.size > 0
  }

  /** Its line shows when its reading ends. */
  hold(shelved: Shelved): void {
    const held = this.#held.get(shelved.reading!)
    if (held) held.push(shelved)
    else this.#held.set(shelved.reading!, [shelved])
  }

  /** Makes the response that goes by this id. */
  find(id: string): Response | undefined {
    const reading = this.#byId.get(id)?.reading
    const shelved = this.take(id)
    if (!shelved) return undefined
    const response = shelved.make()
    this.#host.unshelved(response, shelved, reading)
    return response
  }

  /** Makes the response that a message is of. */
  bySerial(serial: string): Response | undefined {
    const id = this.#bySerial.get(serial)
    return id === undefined ? undefined : this.find(id)
  }

  /**
   * The lines show, but for those of `held` readings. Returns whether there are any. A response that is `watched` is
   * made.
   */
  show(held: ReadonlySet<number>, watched: { has(id: string): boolean }): boolean {
    const lines: Shelved[] = []
    for (const [reading, all] of this.#held) {
      if (held.has(reading)) continue
      this.#held.delete(reading)
      this.#release(all, watched, lines)
    }
    if (lines.length > 0) this.#host.shown(lines)
    return lines.length > 0
  }

  #release(all: readonly Shelved[], watched: { has(id: string): boolean }, into: Shelved[]): void {
    all.forEach((shelved) => {
      if (shelved.reading === undefined) return
      if (watched.has(shelved.id)) return void this.find(shelved.id)
      shelved.reading = undefined
      if (shelved.clientId !== undefined) this.#host.speaks(shelved.clientId)
      into.push(shelved)
    })
  }

  /** Another reading takes over what one holds back. */
  handOver(reading: number, to: number): void {
    const all = this.#held.get(reading) ?? []
    this.#held.delete(reading)
    for (const shelved of all) {
      if (shelved.reading === undefined) continue
      shelved.reading = to
      this.hold(shelved)
    }
  }

  /** Takes it off. */
  take(id: string): Shelved | undefined {
    const shelved = this.#byId.get(id)
    if (!shelved) return undefined
    this.#byId.delete(id)
    shelved.reading = undefined
    for (const serial of shelved.serials()) this.#bySerial.delete(serial)
    return shelved
  }
}
