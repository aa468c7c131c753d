import type { InboundMessage, PaginatedResult, RealtimeChannel } from 'ably'

/** Ably's answer to `untilAttach` when the attach point is older than about two minutes. */
const ATTACH_POINT_GONE = 90008

const ATTEMPTS = 4

/**
 * Pages a channel's history backwards from the point of attach, since later messages arrive live. If Ably no longer
 * knows that point, or the channel was attached earlier, it starts at the newest message; versions tell what is newer.
 */
export class HistoryReader {
  readonly #channel: RealtimeChannel
  readonly #untilAttach: boolean
  readonly #until: number | undefined
  #page: PaginatedResult<InboundMessage> | undefined
  /** Every message that the channel retains has been read. */
  exhausted = false
  /** It began at the newest message, not at the point of attach. */
  ahead = false
  /** Messages read so far. */
  #read = 0
  /** Where each page ended: its oldest serial, and how many messages had been read. */
  readonly #marks: { serial: string; read: number }[] = []

  /** `until`: begins with the messages of this time instead, in milliseconds since the epoch. */
  constructor(channel: RealtimeChannel, untilAttach: boolean, until?: number) {
    this.#channel = channel
    this.#untilAttach = untilAttach && until === undefined
    this.#until = until
  }

  /**
   * The next older messages, newest first; none at the end. A second call does not wait for the first, whose request may
   * be stuck: the page goes to the call that is answered first, and the other gets nothing.
   */
  async next(limit: number): Promise<readonly InboundMessage[]> {
    if (this.exhausted) return []
    const last = this.#page
    const page = await patiently(() => (last ? last.next() : this.#first(limit)))
    if (this.#page !== last || this.exhausted) return []
    this.exhausted = !page?.hasNext()
    if (!page) return []
    this.#page = page
    this.#read += page.items.length
    const oldest = page.items.at(-1)?.serial
    if (oldest !== undefined) this.#marks.push({ serial: oldest, read: this.#read })
    return page.items
  }

  /** Serial of the newest page end that has at least `margin` older messages read behind it. */
  before(margin: number): string | undefined {
    return this.#marks.findLast((mark) => this.#read - mark.read >= margin)?.serial
  }

  async #first(limit: number): Promise<PaginatedResult<InboundMessage>> {
    const channel = this.#channel
    // While attaching, a page could be ahead of messages not yet delivered.
    if (channel.state === 'attaching') await channel.attach().catch(() => {})
    if (this.#untilAttach && channel.state === 'attached') {
      try {
        return await channel.history({ untilAttach: true, limit })
      } catch (error) {
        if ((error as { code?: number }).code !== ATTACH_POINT_GONE) throw error
      }
    }
    this.ahead = true
    return channel.history(this.#until === undefined ? { limit } : { limit, end: this.#until })
  }
}

/** Retries after a transient failure of the service or the network. */
async function patiently<T>(request: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await request()
    } catch (error) {
      const { statusCode = 0 } = error as { statusCode?: number }
      if (
        attempt === ATTEMPTS ||
        (statusCode >= 400 && statusCode < 500 && statusCode !== 429 && statusCode !== 408)
      )
        throw error
      await new Promise((resolve) => setTimeout(resolve, 2 ** attempt * 100 * (0.8 + 0.4 * Math.random())))
    }
  }
}
