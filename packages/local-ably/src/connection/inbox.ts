import type { Connection } from './connection.ts'
import type { Socket } from './socket.ts'

/** The incoming frames of one socket. While the client does not read its answers, its frames wait. */
export class Inbox {
  readonly #connection: Connection
  readonly #socket: Socket
  readonly #read: (bytes: Buffer) => void
  #waiting: Buffer[] = []
  #held = false

  constructor(connection: Connection, socket: Socket, read: (bytes: Buffer) => void) {
    this.#connection = connection
    this.#socket = socket
    this.#read = read
  }

  push(bytes: Buffer): void {
    if (this.#held) this.#waiting.push(bytes)
    else {
      this.#read(bytes)
      if (this.#connection.backlog > this.#limit) this.#hold()
    }
  }

  clear(): void {
    this.#waiting = []
  }

  get #limit(): number {
    return this.#connection.context.settings.limits.outboundBytes
  }

  // Frames that have already arrived wait here: at most one socket buffer of them.
  #hold(): void {
    this.#held = true
    this.#socket.pause()
    const { maxIdleInterval } = this.#connection.context.settings
    const giveUp = setTimeout(() => this.#connection.drop(), 2 * maxIdleInterval + 5000)
    giveUp.unref()
    this.#connection.whenDrained(this.#limit / 2, () => {
      clearTimeout(giveUp)
      this.#held = false
      this.#socket.resume()
      const waiting = this.#waiting
      this.#waiting = []
      for (const bytes of waiting) this.push(bytes)
    })
  }
}
