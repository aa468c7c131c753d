import type { ProtocolMessage } from './wire/protocol.ts'

/** Something that happened on the server. */
export interface LogEvent {
  at: number
  /** `in` and `out` are frames of a connection, `connection` its start and end, `http` a request, `webhook` one that the server made, `error` a bug in here. */
  kind: 'in' | 'out' | 'http' | 'webhook' | 'connection' | 'fault' | 'error'
  app?: string
  connectionId?: string
  clientId?: string
  channel?: string
  frame?: ProtocolMessage
  text?: string
}

export type LogListener = (event: LogEvent) => void

/** Where events go. Nobody builds an event that nobody hears: check `active` first on hot paths. */
export class Log {
  readonly #listeners = new Set<LogListener>()

  get active(): boolean {
    return this.#listeners.size > 0
  }

  listen(listener: LogListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Tells the developer, on stderr, what needs attention. */
  warn(text: string): void {
    process.stderr.write(`local-ably: ${text}\n`)
    this.write({ kind: 'error', text })
  }

  /** Reports an error that nothing should have thrown: with its stack, and on stderr when nobody listens. */
  writeError(doing: string, error: unknown): void {
    const stack = error instanceof Error ? error.stack : String(error)
    const text = `unable to finish ${doing}; ${stack}`
    if (this.active) this.write({ kind: 'error', text })
    else process.stderr.write(`local-ably: ${text}\n`)
  }

  write(event: Omit<LogEvent, 'at'>): void {
    if (!this.active) return
    const stamped = { at: Date.now(), ...event }
    for (const listener of this.#listeners) {
      try {
        listener(stamped)
      } catch {
        // A listener that fails must not fail what it listens to.
      }
    }
  }
}
