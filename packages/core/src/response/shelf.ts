import type { ShownLine } from './fates.ts'
import type { Response } from './response.ts'
import type { Span } from './span.ts'

/** A response that is over, as a database row or the messages of history tell it: only its line shows. */
export interface Shelved extends ShownLine {
  readonly clientId: string | undefined
  /** The reading of the past that brought it; undefined once it shows. */
  reading: number | undefined
  /** The messages that it is made of. */
  serials(): Iterable<string>
  /** Adds which messages of the channel it is made of. */
  measure(span: Span): void
  /** Makes the response. */
  make(): Response
}

export interface ShelfHost {
  /** A response was made of what was shelved. */
  unshelved(response: Response, from: Shelved): void
  /** A line shows. */
  shown(line: Shelved): void
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

  put(shelved: Shelved): void {
    this.#byId.set(shelved.id, shelved)
    for (const serial of shelved.serials()) this.name(serial, shelved)
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
    const { reading = 0 } = shelved
    const held = this.#held.get(reading)
    if (held) held.push(shelved)
    else this.#held.set(reading, [shelved])
  }

  /** Makes the response that goes by this id. */
  find(id: string): Response | undefined {
    const shelved = this.take(id)
    if (!shelved) return undefined
    const response = shelved.make()
    this.#host.unshelved(response, shelved)
    return response
  }

  /** Makes the response that a message is of. */
  bySerial(serial: string): Response | undefined {
    const id = this.#bySerial.get(serial)
    return id === undefined ? undefined : this.find(id)
  }

  /**
   * The lines show, but for those of `held` readings. Returns whether there are any. A response that `isWatched` is
   * made.
   */
  show(held: ReadonlySet<number>, isWatched: (id: string) => boolean): boolean {
    let any = false
    for (const [reading, all] of this.#held) {
      if (held.has(reading)) continue
      this.#held.delete(reading)
      for (const shelved of all) {
        if (this.#byId.get(shelved.id) !== shelved) continue
        if (isWatched(shelved.id)) this.find(shelved.id)
        else {
          shelved.reading = undefined
          this.#host.shown(shelved)
          any = true
        }
      }
    }
    return any
  }

  /** Another reading takes over what one holds back. */
  handOver(reading: number, to: number): void {
    const all = this.#held.get(reading) ?? []
    this.#held.delete(reading)
    for (const shelved of all) {
      shelved.reading = to
      this.hold(shelved)
    }
  }

  /** Takes it off. */
  take(id: string): Shelved | undefined {
    const shelved = this.#byId.get(id)
    if (!shelved) return undefined
    this.#byId.delete(id)
    for (const serial of shelved.serials()) this.#bySerial.delete(serial)
    return shelved
  }
}
