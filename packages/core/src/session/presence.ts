import type { PresenceMessage, RealtimeChannel } from 'ably'
import type { Member } from './state.ts'

/** Who is on a channel. */
export interface Members {
  readonly agents: readonly Member[]
  readonly users: readonly Member[]
}

/** Watches who is on a channel. `isAgent` decides for members whose data does not say `role: 'agent'`. */
export class PresenceWatch {
  current: Members = { agents: [], users: [] }
  /** The set of members has been received, so an absence means something. */
  synced = false
  readonly #channel: RealtimeChannel
  readonly #isAgent: (clientId: string) => boolean
  readonly #onChange: (members: Members) => void

  constructor(
    channel: RealtimeChannel,
    isAgent: (clientId: string) => boolean,
    onChange: (members: Members) => void,
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

  readonly #onPresence = (): void => void this.#refresh().catch(() => {})

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
    this.#onChange(this.current)
  }
}
