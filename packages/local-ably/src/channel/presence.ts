import { Delivery } from './delivery.ts'
import type { Journal } from './journal.ts'
import type { Retained } from './retained.ts'
import { sizeOf } from './size.ts'
import { Action, Mode, PresenceAction, type ProtocolMessage, type WirePresence } from '../wire/protocol.ts'
import { messageSerial, randomName, serialTime, type SerialSource } from '../wire/serial.ts'

/** A presence event with its place on the channel. */
export interface PresenceEvent {
  /** The serial of its frame, and its index in the frame. */
  readonly key: string
  readonly event: WirePresence
}

/** The most members in one SYNC frame. */
const syncPage = 100

/** The most presence events kept per channel, and the most bytes. */
const keptEvents = 10_000
const keptBytes = 4 * 1024 * 1024

/** The members of one channel. A member is a client on a connection, so one client may be present several times. */
export class PresenceSet {
  readonly #serials: SerialSource
  readonly #journal: Journal
  readonly #emit: (delivery: Delivery) => void
  readonly #retained: Retained
  readonly #members = new Map<string, WirePresence>()
  #history: PresenceEvent[] = []
  #historyBytes = 0

  constructor(
    serials: SerialSource,
    journal: Journal,
    retained: Retained,
    emit: (delivery: Delivery) => void,
  ) {
    this.#retained = retained
    this.#serials = serials
    this.#journal = journal
    this.#emit = emit
  }

  get size(): number {
    return this.#members.size
  }

  get history(): readonly PresenceEvent[] {
    return this.#history
  }

  /** The members in order of their keys, which is the order of pages. */
  members(): [key: string, member: WirePresence][] {
    return [...this.#members].sort(([a], [b]) => (a < b ? -1 : 1))
  }

  has(connectionId: string | undefined, clientId: string): boolean {
    return this.#members.has(memberKey(connectionId, clientId))
  }

  /** Counts the members of one connection, or all. */
  count(connectionId?: string): number {
    if (connectionId === undefined) return this.#members.size
    let count = 0
    for (const member of this.#members.values()) if (member.connectionId === connectionId) count++
    return count
  }

  /** Applies the events of one frame and tells subscribers. */
  announce(events: readonly WirePresence[], frameId: string, connectionId: string | undefined): void {
    const news = events.filter((event) => !this.#isRepeat(event))
    if (news.length === 0) return
    const serial = this.#serials.next()
    const timestamp = serialTime(serial)
    const stamped = news.map((event, i) =>
      this.#apply({ ...event, id: event.id ?? `${frameId}:${i}`, timestamp }),
    )
    this.#send(serial, stamped, {
      id: frameId,
      timestamp,
      ...(connectionId === undefined ? {} : { connectionId }),
    })
  }

  /** Adds an app's fixture members without telling subscribers. The presence history has them enter. */
  seed(members: readonly WirePresence[]): void {
    for (const member of members) this.#put(memberKey(member.connectionId, member.clientId!), member)
    const entered = members.map((member) => Object.assign({}, member, { action: PresenceAction.enter }))
    this.#note(this.#serials.next(), entered)
  }

  /** Removes the members of a lost connection. The id of such a leave must not start with the connection id. */
  leave(connectionId: string): void {
    const gone = [...this.#members.values()].filter((member) => member.connectionId === connectionId)
    if (gone.length === 0) return
    const serial = this.#serials.next()
    const timestamp = serialTime(serial)
    const frameId = `${randomName(10)}:0`
    const leaves = gone.map((member, i) =>
      this.#apply({ ...member, action: PresenceAction.leave, id: `${frameId}:${i}`, timestamp }),
    )
    this.#send(serial, leaves, { id: frameId, timestamp, connectionId })
  }

  /** The SYNC frames that list all members. */
  sync(): ProtocolMessage[] {
    const members = this.members().map(([, member]) => member)
    const syncId = randomName(8)
    const frames: ProtocolMessage[] = []
    for (let start = 0; start < members.length || start === 0; start += syncPage) {
      const more = start + syncPage < members.length
      const channelSerial = `${syncId}:${more ? start + syncPage : ''}`
      frames.push({ action: Action.sync, channelSerial, presence: members.slice(start, start + syncPage) })
    }
    return frames
  }

  get historyBytes(): number {
    return this.#historyBytes
  }

  dropHistory(): void {
    this.#dropEvents(this.#history.length)
  }

  /** Drops everything, without telling subscribers. */
  clear(): void {
    for (const key of this.#members.keys()) this.#put(key, undefined)
    this.dropHistory()
  }

  expire(time: number): void {
    let gone = 0
    while (gone < this.#history.length && serialTime(this.#history[gone]!.key) < time) gone++
    this.#dropEvents(gone)
  }

  /** A client that reattaches re-enters under its old ids. If it never left, this is a repeat. */
  #isRepeat(event: WirePresence): boolean {
    if (event.id === undefined) return false
    return this.#members.get(memberKey(event.connectionId, event.clientId!))?.id === event.id
  }

  #apply(event: WirePresence): WirePresence {
    const key = memberKey(event.connectionId, event.clientId!)
    const member = this.#members.get(key)
    if (event.action !== PresenceAction.leave) {
      this.#put(key, { ...event, action: PresenceAction.present })
      return event
    }
    this.#put(key, undefined)
    if (event.data !== undefined || member?.data === undefined) return event
    return {
      ...event,
      data: member.data,
      ...(member.encoding === undefined ? {} : { encoding: member.encoding }),
    }
  }

  #note(serial: string, events: readonly WirePresence[]): void {
    for (const [i, event] of events.entries()) {
      this.#history.push({ key: messageSerial(serial, i), event })
      this.#countHistory(bytesOf(event))
    }
    // Drop more than needed, so that the next event need not.
    if (this.#history.length > keptEvents) this.#dropEvents(keptEvents / 10)
    while (this.#historyBytes > keptBytes && this.#history.length > 1)
      this.#dropEvents(Math.ceil(this.#history.length / 10))
  }

  #dropEvents(count: number): void {
    for (const { event } of this.#history.splice(0, count)) this.#countHistory(-bytesOf(event))
  }

  #countHistory(bytes: number): void {
    this.#historyBytes += bytes
    this.#retained.add(bytes)
  }

  #put(key: string, member: WirePresence | undefined): void {
    const before = this.#members.get(key)
    this.#retained.add((member ? bytesOf(member) : 0) - (before ? bytesOf(before) : 0))
    if (member) this.#members.set(key, member)
    else this.#members.delete(key)
  }

  #send(serial: string, events: WirePresence[], envelope: Partial<ProtocolMessage>): void {
    this.#journal.advance(serial)
    this.#note(serial, events)
    this.#emit(
      new Delivery({ mode: Mode.PRESENCE_SUBSCRIBE, serial }, () => ({
        ...envelope,
        action: Action.presence,
        channelSerial: serial,
        presence: events,
      })),
    )
  }
}

const bytesOf = ({ data, clientId, extras }: WirePresence): number => 300 + sizeOf(data, clientId, extras)

export const memberKey = (connectionId: string | undefined, clientId: string): string =>
  `${connectionId ?? ''}:${clientId}`
