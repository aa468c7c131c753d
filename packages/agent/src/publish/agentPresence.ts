import type { RealtimeChannel, RealtimeClient } from 'ably'
import type { RejoinError } from '@rejoin/core/protocol'
import { ownId } from './ownId.ts'
import { Uplink } from './uplink.ts'
import { wrapRefusal } from './rights.ts'

/**
 * The agent's presence (PROTOCOL.md §6.6): readers show an open response of an absent agent as interrupted.
 * The SDK enters presence again by itself after a lost connection.
 */
export class AgentPresence {
  readonly #client: RealtimeClient
  readonly #channel: RealtimeChannel
  #data: object
  readonly #report: (error: RejoinError) => void
  #entered: Promise<boolean> | undefined
  #updating: Promise<void> | undefined
  #next: Promise<void> | undefined
  /** Entering presence failed for good: responses say so in their headers. */
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

  /** Enters presence once; does not reject. */
  enter(): Promise<boolean> {
    return (this.#entered ??= this.#enter())
  }

  /** Runs one update at a time; of the updates that wait, only the newest is sent. */
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
      // The connection has ended, and its presence with it.
    }
  }

  async #enter(): Promise<boolean> {
    const present = beside(this.#channel)
    try {
      // With a token, the clientId is known once connected. An anonymous client cannot be present.
      await Uplink.of(this.#client).connected()
      if (ownId(this.#client) === undefined) return !(this.impossible = true)
      present.add(this)
      await this.#channel.presence.enter(this.#data)
      return true
    } catch (error) {
      present.delete(this)
      this.impossible = true
      const { name } = this.#channel
      this.#report(wrapRefusal(`be present on channel "${name}"`, error, 'presence', name))
      return false
    }
  }
}

/** The agents of one client on one channel share one presence member: the last to finish leaves. */
const sharing = new WeakMap<RealtimeChannel, Set<AgentPresence>>()

function beside(channel: RealtimeChannel): Set<AgentPresence> {
  let agents = sharing.get(channel)
  if (!agents) sharing.set(channel, (agents = new Set()))
  return agents
}
