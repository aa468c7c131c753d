import { createHmac } from 'node:crypto'
import type { Key } from '../app.ts'
import { batch, type Body, type Delivery } from './envelope.ts'
import { isDone, post } from './post.ts'
import type { WebhookRule } from './rule.ts'

/** The most events in one request. */
const mostTogether = 1000
/** The most events that may wait. The oldest are dropped. */
const mostWaiting = 10_000
/** Milliseconds after which an undelivered event is dropped. */
const longestWait = 5 * 60_000
const longestRetry = 60_000

/** Sends batched requests one after another, so that messages keep their order. */
export class BatchedRequests {
  readonly #rule: WebhookRule
  readonly #key: Key | undefined
  readonly #report: (text: string) => void
  readonly #ending = new AbortController()
  #waiting: Delivery[] = []
  #timer: NodeJS.Timeout | undefined
  #sending = false
  #failures = 0

  constructor(rule: WebhookRule, key: Key | undefined, report: (text: string) => void) {
    this.#rule = rule
    this.#key = key
    this.#report = report
  }

  push(delivery: Delivery): void {
    this.#waiting.push(delivery)
    if (this.#waiting.length > mostWaiting) this.#drop(this.#waiting.length - mostWaiting)
    if (!this.#sending) this.#sendIn(0)
  }

  close(): void {
    this.#ending.abort()
    clearTimeout(this.#timer)
    this.#waiting = []
  }

  #sendIn(ms: number): void {
    if (this.#timer || this.#ending.signal.aborted) return
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#send()
    }, ms)
    this.#timer.unref()
  }

  async #send(): Promise<void> {
    const oldest = Date.now() - longestWait
    this.#drop(this.#waiting.filter(({ timestamp }) => timestamp < oldest).length)
    const together = this.#waiting.slice(0, mostTogether)
    if (together.length === 0) return
    this.#sending = true
    const outcome = await post(this.#rule.url, this.#sign(batch(together)), this.#ending.signal)
    this.#sending = false
    if (this.#ending.signal.aborted) return
    if (isDone(outcome)) {
      this.#failures = 0
      const sent = new Set(together)
      this.#waiting = this.#waiting.filter((delivery) => !sent.has(delivery))
    } else this.#failures++
    this.#report(outcome.text + (isDone(outcome) ? '' : ', will be tried again'))
    this.#sendIn(this.#pause())
  }

  #pause(): number {
    if (this.#failures === 0) return this.#rule.batchWindow ?? 1000
    return Math.min(
      longestRetry,
      (this.#rule.retryAfter ?? 1000 * Math.SQRT2) * Math.SQRT2 ** (this.#failures - 1),
    )
  }

  #sign(body: Body): Body {
    const headers = { ...body.headers, ...this.#rule.headers }
    if (!this.#key) return { ...body, headers }
    const signature = createHmac('sha256', this.#key.secret).update(body.content).digest('base64')
    return { ...body, headers: { ...headers, 'X-Ably-Key': this.#key.name, 'X-Ably-Signature': signature } }
  }

  #drop(count: number): void {
    if (count === 0) return
    this.#waiting.splice(0, count)
    this.#report(`POST ${this.#rule.url} dropped ${count} events that could not be delivered`)
  }
}
