import type { Session } from '@rejoin/core'

/** What a conversation is called: as a person named it, else after its first prompt, as soon as there is one. */
export class Title {
  readonly #session: Session
  readonly #listeners = new Set<() => void>()
  readonly #stop: () => void
  #given: string

  /** `given`: what the server calls it; empty while it has no name. */
  constructor(session: Session, given: string) {
    this.#session = session
    this.#given = given
    this.#stop = session.subscribe(() => this.#tell())
  }

  readonly get = (): string => {
    if (this.#given !== '') return this.#given
    const first = this.#session.getSnapshot().messages.find(({ role }) => role === 'user')
    return (first && this.#session.getPrompt(first.id)?.text) || 'New conversation'
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  rename(given: string): void {
    this.#given = given
    this.#tell()
  }

  close(): void {
    this.#stop()
    this.#listeners.clear()
  }

  #tell(): void {
    for (const listener of this.#listeners) listener()
  }
}
