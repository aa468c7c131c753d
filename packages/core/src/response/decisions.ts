import type { ToolEvent, ValueRef } from '../protocol/event.ts'

type Request = Extract<ToolEvent['change'], { kind: 'approval-request' }>
type Response = Extract<ToolEvent['change'], { kind: 'approval-response' }>

export interface Decision {
  readonly approved: boolean
  readonly reason?: string
  readonly clientId?: string
}

/** What one client sent last, of its kind. */
interface Sent<Change> {
  version: string
  clientId: string | undefined
  change: Change
  value?: ValueRef | undefined
}

/**
 * An approval of one tool call. Anyone can publish a decision, and whose counts is for the agent to judge: where it
 * confirms the one that it takes, only that one counts (PROTOCOL.md §2.3).
 */
export class Decisions {
  /** The first request names the asker; a later one by another client does not. */
  #asked: Sent<Request> | undefined
  readonly #requests = new Map<string, Sent<Request>>()
  readonly #confirmations = new Map<string, Sent<Response>>()
  readonly #decisions = new Map<string, Sent<Response>>()

  /** Returns whether it is news. */
  apply({ change, version, clientId, value }: ToolEvent): boolean {
    if (change.kind === 'approval-request') {
      const sent = { version, clientId, change, value }
      if (!this.#asked || version < this.#asked.version) this.#asked = sent
      return keep(this.#requests, sent)
    }
    if (change.kind !== 'approval-response') return false
    return keep(change.confirms ? this.#confirmations : this.#decisions, { version, clientId, change })
  }

  /** Whether someone asked. */
  get requested(): boolean {
    return this.#asked !== undefined
  }

  /** The arguments that the tool runs with. */
  get input(): unknown {
    return this.#request?.change.input
  }

  /** Names the arguments that came in pieces. */
  get value(): ValueRef | undefined {
    return this.#request?.value
  }

  get #request(): Sent<Request> | undefined {
    return this.#asker === undefined ? newest(this.#requests) : this.#requests.get(this.#asker)
  }

  /** The decision that counts. */
  get decision(): Decision | undefined {
    if (this.#asker === undefined) return read(newest(this.#decisions, this.#confirmations))
    const confirmed = this.#confirmations.get(this.#asker)
    return confirmed && read({ ...confirmed, clientId: confirmed.change.decider })
  }

  /** The newest decision, until the agent confirms one. */
  get pending(): Decision | undefined {
    return this.#asker === undefined || this.decision ? undefined : read(newest(this.#decisions))
  }

  /** Who asked, if they will confirm. */
  get #asker(): string | undefined {
    return this.#asked?.change.confirmed ? (this.#asked.clientId ?? '') : undefined
  }
}

function keep<Change>(all: Map<string, Sent<Change>>, sent: Sent<Change>): boolean {
  const key = sent.clientId ?? ''
  if (sent.version <= (all.get(key)?.version ?? '')) return false
  all.set(key, sent)
  return true
}

function newest<Change>(...all: Map<string, Sent<Change>>[]): Sent<Change> | undefined {
  let found: Sent<Change> | undefined
  for (const some of all)
    for (const sent of some.values()) if (!found || sent.version > found.version) found = sent
  return found
}

function read(sent: Sent<Response> | undefined): Decision | undefined {
  if (!sent) return undefined
  const { approved, reason } = sent.change
  return { approved, ...(reason && { reason }), ...(sent.clientId && { clientId: sent.clientId }) }
}
