import type { ChannelStateChange, PaginatedResult, PresenceMessage, RealtimeChannel } from 'ably'
import { sameList } from '../types/same.ts'
import type { Member } from './state.ts'

/** Who is on a channel. */
export interface Members {
  readonly agents: readonly Member[]
  readonly users: readonly Member[]
}

const PAGE = 1000
/** Pages of presence history that one question may take. */
const MAX_PAGES = 5

interface Hooks {
  /** Decides for members whose data does not say `role: 'agent'`. */
  isAgent(clientId: string): boolean
  /** Members came, went or changed. `gone`: clients that were present before, and are not any more. */
  onEvent(gone: ReadonlySet<string>): void
  /** `update()` should be called, once for everything until then. */
  onStale(): void
  onChange(members: Members): void
}

/** The newest presence of each of a client's connections, and the member that they show as. */
interface Present {
  readonly connections: Map<string, PresenceMessage>
  shown: { readonly member: Member; readonly role: unknown } | undefined
}

/** Watches who is on a channel. A change of a member costs the same however many there are, and one new list a frame. */
export class PresenceWatch {
  current: Members = { agents: [], users: [] }
  /** The set of members has been received, so an absence means something. */
  synced = false
  readonly #channel: RealtimeChannel
  readonly #hooks: Hooks
  #present = new Map<string, Present>()
  /** What happened while the set of members is read. */
  #meanwhile: PresenceMessage[] | undefined
  #stale = false

  constructor(channel: RealtimeChannel, hooks: Hooks) {
    this.#channel = channel
    this.#hooks = hooks
  }

  /** Rejects if presence cannot be used: no capability, or a client built without the plugin. */
  async start(): Promise<void> {
    // Also if subscribing fails: the channel may attach later.
    this.#channel.on('attached', this.#onAttached)
    await this.#channel.presence.subscribe(this.#onPresence)
    await this.#read()
  }

  stop(): void {
    this.#channel.off('attached', this.#onAttached)
    try {
      this.#channel.presence.unsubscribe(this.#onPresence)
    } catch {
      // A client built without presence.
    }
  }

  has(clientId: string): boolean {
    return this.#present.has(clientId)
  }

  /**
   * When a client last left, in milliseconds since the epoch, as the channel's presence history tells back to `since`;
   * 0 if it did not leave since. If history cannot be read that far, the client counts as gone for good.
   */
  async lastLeave(clientId: string, since: number): Promise<number> {
    try {
      let page: PaginatedResult<PresenceMessage> | null = await this.#channel.presence.history({
        limit: PAGE,
      })
      for (let read = 0; page && read < MAX_PAGES; read++) {
        for (const { clientId: who, action, timestamp } of page.items) {
          if (timestamp < since) return 0
          if (who === clientId && action === 'leave') return timestamp
        }
        page = page.hasNext() ? await page.next() : null
      }
      return page ? Infinity : 0
    } catch {
      return Infinity
    }
  }

  /** Brings `current` up to date. */
  update(): void {
    if (!this.#stale) return
    this.#stale = false
    const agents: Member[] = []
    const users: Member[] = []
    for (const [clientId, present] of this.#present) {
      const { member, role } = (present.shown ??= shownOf(clientId, present))
      const agent = role === 'agent' || (role === undefined && this.#hooks.isAgent(clientId))
      ;(agent ? agents : users).push(member)
    }
    const { current } = this
    this.current = { agents: kept(agents, current.agents), users: kept(users, current.users) }
    this.#hooks.onChange(this.current)
  }

  /** A detached channel drops its members without an event. */
  readonly #onAttached = ({ resumed }: ChannelStateChange): void => {
    if (!resumed) this.#read().catch(() => {})
  }

  readonly #onPresence = (message: PresenceMessage): void => {
    if (this.#meanwhile) return void this.#meanwhile.push(message)
    this.#take(message)
    this.#hooks.onEvent(this.has(message.clientId) ? nobody : new Set([message.clientId]))
  }

  /** Reads the set of members. What happens meanwhile comes after it. */
  async #read(): Promise<void> {
    const meanwhile = (this.#meanwhile = [] as PresenceMessage[])
    const seen = new Set(this.#present.keys())
    try {
      const members = await this.#channel.presence.get({ waitForSync: true })
      if (this.#meanwhile !== meanwhile) return
      this.synced = true
      this.#present = new Map()
      for (const member of members) this.#take(member)
    } finally {
      if (this.#meanwhile === meanwhile) this.#meanwhile = undefined
    }
    for (const message of meanwhile) {
      this.#take(message)
      seen.add(message.clientId)
    }
    this.#setStale()
    this.#hooks.onEvent(new Set([...seen].filter((clientId) => !this.has(clientId))))
  }

  #take(message: PresenceMessage): void {
    const { clientId, connectionId, action } = message
    const present = this.#present.get(clientId) ?? { connections: new Map(), shown: undefined }
    if (action === 'leave' || action === 'absent') present.connections.delete(connectionId)
    else present.connections.set(connectionId, message)
    present.shown = undefined
    if (present.connections.size > 0) this.#present.set(clientId, present)
    else this.#present.delete(clientId)
    this.#setStale()
  }

  #setStale(): void {
    if (this.#stale) return
    this.#stale = true
    this.#hooks.onStale()
  }
}

function shownOf(clientId: string, { connections }: Present): NonNullable<Present['shown']> {
  const { data } = [...connections.values()].reduce((a, b) => (b.timestamp > a.timestamp ? b : a))
  const { role } = (data ?? {}) as { role?: unknown }
  return { member: { clientId, connections: connections.size, data }, role }
}

const nobody: ReadonlySet<string> = new Set()

/** The list as it was, if it holds the same. */
function kept(next: readonly Member[], before: readonly Member[]): readonly Member[] {
  return sameList(next, before) ? before : next
}
