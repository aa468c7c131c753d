import type { Met } from '../protocol/event.ts'

/** What a response knows of its agent: who spoke last and when, and whether it left in the middle (PROTOCOL.md §6.6). */
export class Attendance {
  /** The client that spoke last for the response's party: if that one is absent, the response is interrupted. */
  speaker: string | undefined
  /** When it last published something of the response, in milliseconds since the epoch. */
  spokeAt = 0
  /** Had it left after its last message, this session would have seen it. */
  attended = false
  /** It promises to be present while the response streams. */
  promised = false
  interrupted = false
  #spokenAt = ''

  /** Takes note of a message. Returns whether a view would change. */
  meet(event: Met, live: boolean): boolean {
    let seen = false
    // Neither a repeated message nor another client's edit says anything about the agent.
    const spokeAt = event.editor === undefined ? event.updatedAt : event.timestamp
    if (spokeAt > this.spokeAt) {
      this.spokeAt = spokeAt
      const isNews = this.interrupted || event.clientId !== this.speaker
      if (this.interrupted && event.type !== 'end') {
        this.interrupted = false
        seen = live
      }
      // Nobody watched the agent since a message of the past: presence history tells whether it left. Of a live one that
      // is its first, or comes after it was gone, the conversation finds out whether it is here.
      this.attended = live && event.editor === undefined && !isNews
    }
    if (event.strict && event.watched !== this.promised) {
      this.promised = event.watched
      this.attended = false
    }
    if (event.clientId !== this.speaker && event.version > this.#spokenAt) {
      this.speaker = event.clientId
      this.#spokenAt = event.version
    }
    return seen
  }

  /** This client spoke last, and would have been seen to leave. */
  isHere(clientId: string | undefined): boolean {
    return this.attended && !this.interrupted && this.speaker === clientId
  }

  /** That client said more. */
  speak(at: number): void {
    if (at > this.spokeAt) this.spokeAt = at
  }

  /** It is there again. Returns whether the response was interrupted. */
  resume(): boolean {
    const was = this.interrupted
    this.interrupted = false
    return was
  }
}
