import type { InboundMessage, RealtimeChannel } from 'ably'

type Listener = (message: InboundMessage) => void

/**
 * A channel without Ably: hands messages straight to its subscribers, so that only the reader's own work is
 * there to be measured or counted. Attached from the start; its history is an array.
 */
export class DirectChannel {
  readonly name = 'direct'
  readonly state = 'attached'
  /** Newest first, as Ably's history has it. */
  past: readonly InboundMessage[] = []
  /** History requests made. */
  requests = 0
  private listener: Listener = () => {}

  /** As the SDK's type, which the session asks for. */
  asChannel(): RealtimeChannel {
    return this as unknown as RealtimeChannel
  }

  deliver(message: InboundMessage): void {
    this.listener(message)
  }

  attach(): Promise<null> {
    return Promise.resolve(null)
  }

  subscribe(listener: Listener): Promise<null> {
    this.listener = listener
    return Promise.resolve(null)
  }

  unsubscribe(): void {
    this.listener = () => {}
  }

  on(): void {}
  off(): void {}

  history({ limit = 100 }: { limit?: number }): Promise<unknown> {
    const page = (from: number): unknown => {
      this.requests++
      const items = this.past.slice(from, from + limit)
      const hasNext = () => from + limit < this.past.length
      return { items, hasNext, next: () => Promise.resolve(hasNext() ? page(from + limit) : null) }
    }
    return Promise.resolve(page(0))
  }
}
