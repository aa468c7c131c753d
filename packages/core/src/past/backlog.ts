import type { InboundMessage, RealtimeChannel } from 'ably'

/** How long to wait for the backlog's last message, in milliseconds. */
const TIMEOUT = 2_000

/**
 * The messages that Ably's `rewind` delivers after an attach. They look like live ones, and nothing marks their end.
 * They are kept until all have come: of a backlog that breaks off, no one knows what it left out.
 */
export class Backlog {
  /** This attachment has rewound the channel. */
  rewound = false
  /** Messages delivered now belong to the backlog. */
  coming = false
  #messages: InboundMessage[] = []
  /** Serial of the newest of them. */
  #heard = ''
  #onHeard = () => {}

  /** The channel is attached. `rewound`: with Ably's `rewind`; `coming`: messages follow. */
  begin(rewound: boolean, coming: boolean): void {
    this.rewound = rewound
    this.coming = coming
    this.#messages = []
    this.#heard = ''
  }

  hear(message: InboundMessage): void {
    this.#messages.push(message)
    const { serial = '' } = message
    if (serial > this.#heard) this.#heard = serial
    this.#onHeard()
  }

  /** Ends it: returns the messages that have come. */
  take(): readonly InboundMessage[] {
    const messages = this.#messages
    this.#messages = []
    this.coming = false
    return messages
  }

  /**
   * Asks history which message is the last one, and waits for it. Resolves to false if it has not come, as far as
   * history tells.
   */
  async end(channel: RealtimeChannel, signal: AbortSignal): Promise<boolean> {
    if (!this.coming) return true
    const last = await newestOf(channel, signal)
    if (last === undefined || signal.aborted || this.#heard >= last) return true
    await this.#reached(last, signal)
    return this.#heard >= last
  }

  #reached(serial: string, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, TIMEOUT)
      signal.addEventListener('abort', () => resolve(), { once: true })
      this.#onHeard = () => {
        if (this.#heard < serial) return
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** Serial of the newest message before the attach; `undefined`: there is none, or history does not tell. */
async function newestOf(channel: RealtimeChannel, signal: AbortSignal): Promise<string | undefined> {
  while (!signal.aborted) {
    try {
      return (await channel.history({ untilAttach: true, limit: 1 })).items[0]?.serial
    } catch {
      // Without the capability `history`, or with too old an attach point, the end is unknown: do not wait.
      if (channel.state === 'attached') return undefined
      await isAttached(channel, signal)
    }
  }
  return undefined
}

function isAttached(channel: RealtimeChannel, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      channel.off('attached', done)
      resolve()
    }
    channel.on('attached', done)
    signal.addEventListener('abort', done, { once: true })
  })
}
