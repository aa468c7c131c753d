import type { Session } from '@rejoin/core'

/** What stands where a conversation has no title yet. */
export const untitled = 'New conversation'

/** What a conversation is called: as a person named it, else after its first prompt, in the version that shows. */
export class Title {
  readonly #session: Session
  readonly #listeners = new Set<() => void>()
  readonly #stop: () => void
  #given: string
  #named: boolean

  /** What the server calls it, and whether a person chose that. */
  constructor(session: Session, { title, named }: { title: string; named: boolean }) {
    this.#session = session
    this.#given = title
    this.#named = named
    this.#stop = session.subscribe(() => this.#tell())
  }

  /** Empty while there is none. */
  readonly get = (): string => {
    const { messages, hasOlder, status } = this.#session.getSnapshot()
    // Until the beginning is here, the server knows better.
    if (this.#named || hasOlder || status === 'connecting') return this.#given
    const first = messages.find(({ role }) => role === 'user')
    const text = first && this.#session.getPrompt(first.id)?.text
    return text?.slice(0, 1000).replace(/\s+/g, ' ').trim().slice(0, 80) || this.#given
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  rename(given: string): void {
    this.#given = given
    this.#named = true
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
