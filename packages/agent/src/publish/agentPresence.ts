import type { RealtimeChannel, RealtimeClient } from 'ably'
import type { RejoinError } from '@rejoin/core/protocol'
import { Uplink } from './uplink.ts'
import { wrapRefusal } from './rights.ts'

/**
 * The agent's presence (PROTOCOL.md §6.6): readers take an open response of an absent agent as interrupted.
 * The SDK enters again by itself after a lost connection.
 */
export class AgentPresence {
  readonly #client: RealtimeClient
  readonly #channel: RealtimeChannel
  #data: object
  readonly #report: (error: RejoinError) => void
  #entered: Promise<boolean> | undefined
  #updating: Promise<void> | undefined
  #next: Promise<void> | undefined
  /** Being present was tried, and cannot be: responses say so in their headers. */
  impossible = false

  constructor(
    client: RealtimeClient,
    channel: RealtimeChannel,
    data: object,
    report: (error: RejoinError) => void,
  ) {
    this.#client = client
    this.#channel = channel
    this.#data = { role: 'agent', ...data }
    this.#report = report
  }

  /** Enters once; does not reject. */
  enter(): Promise<boolean> {
    return (this.#entered ??= this.#enter())
  }

  /** One update at a time; of those that wait, only the newest is sent. */
  async update(data: object): Promise<void> {
    if (!(await this.enter())) return
    this.#data = { role: 'agent', ...data }
    this.#next ??= (this.#updating?.catch(() => {}) ?? Promise.resolve()).then(() => {
      this.#next = undefined
      this.#updating = this.#channel.presence.update(this.#data)
      this.#updating.catch(() => {}).finally(() => (this.#updating = undefined))
      return this.#updating
    })
    return this.#next
  }

  async leave(): Promise<void> {
    if (!(await this.#entered)) return
    const others = beside(this.#channel)
    others.delete(this)
    const [other] = others
    try {
      if (other) await this.#channel.presence.update(other.#data)
      else await this.#channel.presence.leave()
    } catch {
      // The connection is gone, and with it the presence.
    }
  }

  async #enter(): Promise<boolean> {
    const present = beside(this.#channel)
    try {
      // With a token, who one is is known once connected. Nobody in particular cannot be present.
      await Uplink.of(this.#client).connected()
      const { clientId } = this.#client.auth
      if (!clientId || clientId === '*') return !(this.impossible = true)
      present.add(this)
      await this.#channel.presence.enter(this.#data)
      return true
    } catch (error) {
      present.delete(this)
      this.impossible = true
      this.#report(wrapRefusal(`be present on channel "${this.#channel.name}"`, error, 'presence'))
      return false
    }
  }
}

/** The agents of one client on one channel are one member of it: the last to be done leaves. */
const sharing = new WeakMap<RealtimeChannel, Set<AgentPresence>>()

function beside(channel: RealtimeChannel): Set<AgentPresence> {
  let agents = sharing.get(channel)
  if (!agents) sharing.set(channel, (agents = new Set()))
  return agents
}
