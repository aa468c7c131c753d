import type { WireMessage } from '../wire/protocol.ts'
import { bare, enveloped, type Body, type Delivery } from './envelope.ts'
import { isDone, post, type Outcome } from './post.ts'
import type { WebhookRule } from './rule.ts'

/** The most requests of one rule at the same time. */
const atOnce = 25
/** The most messages that may wait. Further messages are dropped. */
const mostWaiting = 1000
/** The waits before the second and third attempt, as multiples of `retryAfter`: 4 and 20 seconds by default. */
const waits = [1, 5]

/** Sends one request per message, in no certain order. */
export class SingleRequests {
  readonly #rule: WebhookRule
  readonly #report: (text: string) => void
  readonly #ending = new AbortController()
  readonly #waiting: Body[] = []
  readonly #timers = new Set<NodeJS.Timeout>()
  #running = 0

  constructor(rule: WebhookRule, report: (text: string) => void) {
    this.#rule = rule
    this.#report = report
  }

  push(delivery: Delivery): void {
    for (const message of delivery.messages) {
      if (this.#waiting.length < mostWaiting) this.#waiting.push(this.#bodyOf(delivery, message))
      else this.#report(`POST ${this.#rule.url} dropped; ${mostWaiting} messages wait already`)
    }
    this.#next()
  }

  close(): void {
    this.#ending.abort()
    this.#waiting.length = 0
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #bodyOf(delivery: Delivery, message: WireMessage): Body {
    const body = this.#rule.enveloped === false ? bare(delivery, message) : enveloped(delivery, message)
    return { ...body, headers: { ...body.headers, ...this.#rule.headers } }
  }

  #next(): void {
    while (this.#running < atOnce && this.#waiting.length > 0) {
      this.#running++
      void this.#try(this.#waiting.shift()!, 0)
    }
  }

  async #try(body: Body, failures: number): Promise<void> {
    const outcome = await post(this.#rule.url, body, this.#ending.signal)
    if (this.#ending.signal.aborted) return
    const wait = mayRecover(outcome) ? waits[failures] : undefined
    this.#report(
      outcome.text + (isDone(outcome) ? '' : wait === undefined ? ', given up' : ', will be tried again'),
    )
    if (wait !== undefined) {
      const timer = setTimeout(
        () => {
          this.#timers.delete(timer)
          void this.#try(body, failures + 1)
        },
        wait * (this.#rule.retryAfter ?? 4000),
      )
      this.#timers.add(timer.unref())
      return
    }
    this.#running--
    this.#next()
  }
}

const mayRecover = ({ status }: Outcome): boolean => status === undefined || status >= 500
