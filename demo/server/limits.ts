import { Problem } from './problem.ts'

/** A token bucket per key: a burst is allowed, a flood is not. */
export class Limits {
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  /** Throws when `key` has used its `perMinute` calls. */
  take(key: string, perMinute: number): void {
    const now = Date.now()
    if (this.#buckets.size > 10_000) this.#forget(now)
    const bucket = this.#buckets.get(key) ?? { tokens: perMinute, at: now }
    bucket.tokens = Math.min(perMinute, bucket.tokens + ((now - bucket.at) / 60_000) * perMinute)
    bucket.at = now
    this.#buckets.set(key, bucket)
    if (bucket.tokens < 1)
      throw new Problem('unable to do this so often; wait a minute and try again', {
        status: 429,
        code: 'rate_limited',
      })
    bucket.tokens -= 1
  }

  /** After a minute without calls a bucket is full again, so nothing is lost with it. */
  #forget(now: number): void {
    for (const [key, bucket] of this.#buckets) if (now - bucket.at > 60_000) this.#buckets.delete(key)
  }
}
