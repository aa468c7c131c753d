import { rateLimited } from '../wire/errors.ts'

/** A leaky bucket that holds one second's worth: it allows bursts, and limits streams to the rate. */
export class RateLimit {
  readonly #code: number
  readonly #metric: string
  #level = 0
  #at = 0

  constructor(code: number, metric: string) {
    this.#code = code
    this.#metric = metric
  }

  /** Takes `count` at `rate` per second, or throws. Refused counts are not taken. */
  take(rate: number | undefined, count = 1, now: number = performance.now()): void {
    if (rate === undefined) return
    this.#level = Math.max(0, this.#level - ((now - this.#at) / 1000) * rate)
    this.#at = now
    if (this.#level + count > rate) throw rateLimited(this.#code, this.#metric, rate)
    this.#level += count
  }
}
