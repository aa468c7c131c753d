import { Problem } from './problem.ts'

/** Rate limits: a token bucket per key, which allows bursts but no floods. */
export class Limits {
  readonly #buckets = new Map<string, { tokens: number; at: number }>()

  /** Counts a call. Throws once `key` has used its `perMinute` calls. */
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

  /** Drops buckets that have refilled: they equal new ones. */
  #forget(now: number): void {
    for (const [key, bucket] of this.#buckets) if (now - bucket.at > 60_000) this.#buckets.delete(key)
  }
}
