import type { PaginatedResult, PresenceMessage, RealtimeChannel } from 'ably'
import type { Member } from './state.ts'

/** Who is on a channel. */
export interface Members {
  readonly agents: readonly Member[]
  readonly users: readonly Member[]
}

const PAGE = 1000
/** Pages of presence history that one question may take. */
const MAX_PAGES = 5

/** Watches who is on a channel. `isAgent` decides for members whose data does not say `role: 'agent'`. */
export class PresenceWatch {
  current: Members = { agents: [], users: [] }
  /** The set of members has been received, so an absence means something. */
  synced = false
  /** Clients that were present since the set was read last. */
  #seen = new Set<string>()
  readonly #channel: RealtimeChannel
  readonly #isAgent: (clientId: string) => boolean
  readonly #onChange: (members: Members, gone: ReadonlySet<string>) => void

  constructor(
    channel: RealtimeChannel,
    isAgent: (clientId: string) => boolean,
    /** `gone`: clients that were present before, and are not any more. */
    onChange: (members: Members, gone: ReadonlySet<string>) => void,
  ) {
    this.#channel = channel
    this.#isAgent = isAgent
    this.#onChange = onChange
  }

  /** Rejects if presence cannot be used: no capability, or a client built without the plugin. */
  async start(): Promise<void> {
    await this.#channel.presence.subscribe(this.#onPresence)
    await this.#refresh()
  }

  stop(): void {
    try {
      this.#channel.presence.unsubscribe(this.#onPresence)
    } catch {
      // A client built without presence.
    }
  }

  has(clientId: string): boolean {
    return [...this.current.agents, ...this.current.users].some((m) => m.clientId === clientId)
  }

  /**
   * Whether a client left at that time or later, in milliseconds since the epoch, as the channel's presence history
   * tells. Where that cannot be read, the client counts as gone.
   */
  async leftSince(clientId: string, since: number): Promise<boolean> {
    try {
      let page: PaginatedResult<PresenceMessage> | null = await this.#channel.presence.history({
        limit: PAGE,
      })
      for (let read = 0; page && read < MAX_PAGES; read++) {
        for (const { clientId: who, action, timestamp } of page.items) {
          if (timestamp < since) return false
          if (who === clientId && action === 'leave') return true
        }
        page = page.hasNext() ? await page.next() : null
      }
      return page !== null
    } catch {
      return true
    }
  }

  readonly #onPresence = (message?: PresenceMessage): void => {
    if (message) this.#seen.add(message.clientId)
    this.#refresh().catch(() => {})
  }

  async #refresh(): Promise<void> {
    const members = await this.#channel.presence.get({ waitForSync: true })
    this.synced = true
    const byClient = new Map<string, PresenceMessage[]>()
    for (const member of members) {
      const known = byClient.get(member.clientId)
      if (known) known.push(member)
      else byClient.set(member.clientId, [member])
    }
    const agents: Member[] = []
    const users: Member[] = []
    for (const [clientId, present] of byClient) {
      const newest = present.reduce((a, b) => (b.timestamp > a.timestamp ? b : a))
      const { role } = (newest.data ?? {}) as { role?: unknown }
      const agent = role === 'agent' || (role === undefined && this.#isAgent(clientId))
      ;(agent ? agents : users).push({ clientId, connections: present.length, data: newest.data })
    }
    this.current = { agents, users }
    const gone = this.#seen
    this.#seen = new Set(byClient.keys())
    for (const clientId of this.#seen) gone.delete(clientId)
    this.#onChange(this.current, gone)
  }
}
