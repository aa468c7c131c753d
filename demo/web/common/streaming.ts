import type { Session } from '@rejoin/core'

/** How many answers are being written, all together: any of them can be stopped. */
export class Streaming {
  readonly #session: Session
  readonly #listeners = new Set<() => void>()
  readonly #watched = new Map<string, () => void>()
  readonly #stop: () => void
  #count = 0

  constructor(session: Session) {
    this.#session = session
    this.#stop = session.subscribe(() => this.#read())
    this.#read()
  }

  readonly get = (): number => this.#count

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  close(): void {
    this.#stop()
    for (const stop of this.#watched.values()) stop()
    this.#listeners.clear()
  }

  /** Answers that ended stay so; all others are watched. */
  readonly #read = (): void => {
    let count = 0
    for (const { id, role } of this.#session.getSnapshot().messages) {
      if (role !== 'assistant') continue
      const status = this.#session.getResponse(id)?.status
      const open = status === 'streaming' || status === 'interrupted'
      if (status === 'streaming') count++
      if (open && !this.#watched.has(id))
        this.#watched.set(id, this.#session.subscribeResponse(id, this.#read))
      if (open || !this.#watched.has(id)) continue
      this.#watched.get(id)!()
      this.#watched.delete(id)
    }
    if (count === this.#count) return
    this.#count = count
    for (const listener of this.#listeners) listener()
  }
}
