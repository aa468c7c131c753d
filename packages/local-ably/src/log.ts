import type { ProtocolMessage } from './wire/protocol.ts'

/** Something that happened on the server. */
export interface LogEvent {
  at: number
  /** `in` and `out` are frames of a connection; `http` a request; `connection` its coming and going. */
  kind: 'in' | 'out' | 'http' | 'connection' | 'fault'
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

  write(event: Omit<LogEvent, 'at'>): void {
    if (!this.active) return
    const stamped = { at: Date.now(), ...event }
    for (const listener of this.#listeners) listener(stamped)
  }
}
