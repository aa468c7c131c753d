import { ErrorCode, wrapPublishError } from '@rejoin/core/protocol'

export interface RetryOptions {
  /** Milliseconds before the first retry; doubles with each further one, with jitter. Default 100. */
  minDelay?: number
  /** Longest wait between two retries, in milliseconds. Default 10,000. */
  maxDelay?: number
  /** Milliseconds after which the agent gives up an operation that keeps failing. Default 120,000. */
  giveUpAfter?: number
}

/** What to do about a refused operation. */
export type Verdict = 'retry' | 'split' | 'final'

/** Classifies a failure: worth a retry, worth a retry in smaller pieces, or final. */
export function judge(error: unknown): Verdict {
  const { code: ownCode } = wrapPublishError('publish', error)
  if (ownCode === ErrorCode.TooLarge) return 'split'
  const { code, statusCode = 0 } = (error ?? {}) as { code?: unknown; statusCode?: number }
  if (code === ErrorCode.Timeout || ownCode === ErrorCode.RateLimited || statusCode >= 500) return 'retry'
  // Not an error from Ably: the SDK failed on an acknowledgement, so the outcome is unknown.
  if (typeof code !== 'number') return 'retry'
  // Server faults, connection and channel states, and expired tokens, which the SDK renews by itself.
  return inRange(code, 50_000) ||
    inRange(code, 80_000) ||
    inRange(code, 90_000) ||
    (code >= 40_140 && code < 40_150)
    ? 'retry'
    : 'final'
}

/** The message to append to no longer exists: its retention has passed, or the server lost it. */
export function isGone(error: unknown): boolean {
  return (error as { code?: unknown } | undefined)?.code === 40_400
}

export function isRateLimit(error: unknown): boolean {
  return wrapPublishError('publish', error).code === ErrorCode.RateLimited
}

function inRange(code: number, from: number): boolean {
  return code >= from && code < from + 3000
}

/** Delays for one streak of failures; a success ends the streak. */
export class Backoff {
  #attempt = 0
  #since = 0
  readonly #options: RetryOptions

  constructor(options: RetryOptions) {
    this.#options = options
  }

  succeeded(): void {
    this.#attempt = 0
  }

  /** Milliseconds to wait before the next try; `undefined` when the time to give up has come. */
  next(now = Date.now()): number | undefined {
    const { minDelay = 100, maxDelay = 10_000, giveUpAfter = 120_000 } = this.#options
    if (this.#attempt === 0) this.#since = now
    else if (now - this.#since >= giveUpAfter) return undefined
    const ceiling = Math.min(maxDelay, minDelay * 2 ** this.#attempt++)
    // Half fixed, half random, so that agents refused together do not retry together.
    return ceiling / 2 + (Math.random() * ceiling) / 2
  }

  /** Whether a retry has failed too. */
  get repeated(): boolean {
    return this.#attempt > 1
  }

  /** Milliseconds left before giving up. */
  left(now = Date.now()): number {
    return Math.max(0, (this.#options.giveUpAfter ?? 120_000) - (now - this.#since))
  }
}
