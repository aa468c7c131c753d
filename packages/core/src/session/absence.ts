import type { Response } from '../response/response.ts'
import type { SessionCore } from './core.ts'
import type { PresenceWatch } from './presence.ts'

/**
 * Marks open responses as interrupted whose agent is away and left after its last word (PROTOCOL.md §6.6). This session
 * saw it leave, or the presence history tells: so readers that were there and those that come later show the same.
 */
export class Absence {
  readonly #core: Pick<SessionCore, 'channel' | 'conversation' | 'store'>
  readonly #presence: PresenceWatch
  readonly #onInterrupted: (response: Response) => void
  #asked = false

  constructor(
    core: Pick<SessionCore, 'channel' | 'conversation' | 'store'>,
    presence: PresenceWatch,
    onInterrupted: (response: Response) => void,
  ) {
    this.#core = core
    this.#presence = presence
    this.#onInterrupted = onInterrupted
  }

  /** The set of members has changed, or been received for the first time. */
  changed(gone: ReadonlySet<string>): void {
    // Presence was not watched while earlier messages arrived.
    if (!this.#asked) for (const response of this.#core.conversation.open()) response.agent.attended = false
    this.#asked = true
    const left = new Set(this.#left())
    for (const response of this.#core.conversation.open()) {
      if (!gone.has(response.agent.speaker!)) continue
      if (left.has(response)) this.#interrupt(response)
      // The channel is away for a moment: judge when it is back.
      else response.agent.attended = false
    }
    for (const response of this.#core.conversation.open())
      if (this.#presence.has(response.agent.speaker!) && response.agent.resume())
        this.#core.conversation.touch(response, false)
    this.judge()
  }

  /** Judges responses whose agents nobody watched: of the past, of a time without the channel, or edited by others. */
  judge(): void {
    for (const response of this.#left()) if (!response.agent.attended) void this.#ask(response)
  }

  async #ask(response: Response): Promise<void> {
    response.agent.attended = true
    const leftAt = await this.#presence.lastLeave(response.agent.speaker!, response.agent.spokeAt)
    if (!this.#left().includes(response)) response.agent.attended = false
    else if (leftAt >= response.agent.spokeAt) {
      this.#interrupt(response)
      this.#core.store.changed()
    }
  }

  /** Open responses whose agent promises to be present, and is not. */
  #left(): Response[] {
    const { synced } = this.#presence
    if (!synced || this.#core.channel.state !== 'attached') return []
    return this.#core.conversation
      .open()
      .filter(
        ({ watched, agent: { speaker } }) => watched && speaker !== undefined && !this.#presence.has(speaker),
      )
  }

  #interrupt(response: Response): void {
    if (!response.interrupt()) return
    this.#core.conversation.touch(response, false)
    this.#onInterrupted(response)
  }
}
