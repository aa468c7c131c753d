import type { RealtimeChannel } from 'ably'

/** How long to wait for the backlog's last message, in milliseconds. */
const TIMEOUT = 2_000

/** The messages that Ably's `rewind` delivers after an attach. They look like live ones, and nothing marks their end. */
export class Backlog {
  /** This attachment has rewound the channel. */
  rewound = false
  /** Messages delivered now belong to the backlog. */
  coming = false
  /** Serial of the newest message that this attachment has delivered. */
  #heard = ''
  #onHeard = () => {}

  /** The channel is attached. `rewound`: with Ably's `rewind`; `coming`: messages follow. */
  begin(rewound: boolean, coming: boolean): void {
    this.rewound = rewound
    this.coming = coming
    this.#heard = ''
  }

  /** How far it came, where its rest has not come; `undefined`: nothing of it is missing. */
  get stopped(): string | undefined {
    return this.coming && this.#heard !== '' ? this.#heard : undefined
  }

  hear(serial: string): void {
    if (!this.coming) return
    if (serial > this.#heard) this.#heard = serial
    this.#onHeard()
  }

  /** Asks history which message is the last one, and waits for it. */
  async end(channel: RealtimeChannel, signal: AbortSignal): Promise<void> {
    if (!this.coming) return
    try {
      const last = (await channel.history({ untilAttach: true, limit: 1 })).items[0]?.serial
      if (last !== undefined && this.#heard < last && !signal.aborted) await this.#reached(last, signal)
    } catch {
      // Without the capability `history`, or with too old an attach point, the end is unknown: do not wait.
    }
    // If continuity was lost meanwhile, the flag belongs to the next attachment's backlog.
    if (!signal.aborted) this.coming = false
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
