import { Transform } from 'node:stream'

interface Rate {
  /** Bytes per second. */
  rate: number
  /** Bytes that pass without delay after a pause. */
  burst: number
}

/**
 * Limits how fast each person sends. A burst passes at once. More than that is slowed to `rate`, summed over all the
 * person's connections, and waits in the sender's memory, not in ours.
 */
export class Flow {
  readonly #rate: Rate
  readonly #levels = new Map<string, { bytes: number; at: number }>()

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** A stream to pipe the person's bytes through. */
  through(person: string): Transform {
    return new Transform({
      transform: (chunk: Buffer, _encoding, done) => {
        const wait = this.#take(person, chunk.length)
        if (wait > 0) setTimeout(() => done(null, chunk), wait)
        else done(null, chunk)
      },
    })
  }

  /** Counts the bytes and returns how long they must wait, in milliseconds. */
  #take(person: string, bytes: number): number {
    const { rate, burst } = this.#rate
    const now = Date.now()
    if (this.#levels.size > 10_000) this.#forget(now)
    const level = this.#levels.get(person) ?? { bytes: 0, at: now }
    level.bytes = Math.max(0, level.bytes - ((now - level.at) / 1000) * rate) + bytes
    level.at = now
    this.#levels.set(person, level)
    return (Math.max(0, level.bytes - burst) / rate) * 1000
  }

  /** Drops levels that have drained to zero: they equal new ones. */
  #forget(now: number): void {
    for (const [person, { bytes, at }] of this.#levels)
      if (((now - at) / 1000) * this.#rate.rate > bytes) this.#levels.delete(person)
  }
}
