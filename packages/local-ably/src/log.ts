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

/** Distributes events to listeners. On hot paths, check `active` before building an event. */
export class Log {
  readonly #listeners = new Set<LogListener>()

  get active(): boolean {
    return this.#listeners.size > 0
  }

  listen(listener: LogListener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Warns the developer on stderr. */
  warn(text: string): void {
    process.stderr.write(`local-ably: ${text}\n`)
    this.write({ kind: 'error', text })
  }

  /** Reports an unexpected error with its stack; on stderr when there are no listeners. */
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
        // A failing listener must not affect the server.
      }
    }
  }
}
