import { allows, type Operation } from '../auth/capability.ts'
import type { Channel } from './channel.ts'
import { Frame } from '../wire/codec.ts'
import { DeltaEncoder } from './delta.ts'
import { filterOf, type Filter } from './filter.ts'
import { chosenMetrics, type Occupancy } from './occupancy.ts'
import type { Delivery, Subscriber } from './delivery.ts'
import type { Grant } from '../auth/grant.ts'
import { AblyError } from '../wire/errors.ts'
import { Action, Flag, MessageAction, Mode, type ProtocolMessage } from '../wire/protocol.ts'

/** What an attachment needs from its connection. */
export interface Peer {
  readonly id: string
  readonly echo: boolean
  readonly grant: Grant
  /** Bytes that wait to be sent. */
  readonly backlog: number
  send(message: ProtocolMessage | Frame): void
  whenDrained(bytes: number, callback: () => void): void
}

const modeNeeds: [bit: number, operation: Operation][] = [
  [Mode.PRESENCE, 'presence'],
  [Mode.PUBLISH, 'publish'],
  [Mode.SUBSCRIBE, 'subscribe'],
  [Mode.PRESENCE_SUBSCRIBE, 'subscribe'],
  [Mode.ANNOTATION_PUBLISH, 'annotation-publish'],
  [Mode.ANNOTATION_SUBSCRIBE, 'annotation-subscribe'],
]

/** The requested modes that the capability allows. The modes of LiveObjects are never granted: there are none here. */
export function grantModes(grant: Grant, channelName: string, requested: number): number {
  let modes = 0
  for (const [bit, operation] of modeNeeds) {
    if (requested & bit && allows(grant.capability, channelName, operation)) modes |= bit
  }
  return modes
}

/** A set of message serials that forgets messages which the channel has dropped. */
class Seen {
  readonly #channel: Channel
  readonly #serials = new Set<string>()
  #pruneAt = 1000

  constructor(channel: Channel) {
    this.#channel = channel
  }

  add(serial: string): void {
    this.#serials.add(serial)
    if (this.#serials.size < this.#pruneAt) return
    for (const one of this.#serials) if (!this.#channel.messages.get(one)) this.#serials.delete(one)
    this.#pruneAt = Math.max(1000, this.#serials.size * 2)
  }

  has(serial: string): boolean {
    return this.#serials.has(serial)
  }

  delete(serial: string): void {
    this.#serials.delete(serial)
  }

  clear(): void {
    this.#serials.clear()
  }
}

/** One connection's attachment to one channel, under the name that the client used. */
export class Attachment implements Subscriber {
  readonly channel: Channel
  /** The name on the wire, with its qualifier if it has one. */
  readonly name: string
  readonly #peer: Peer
  requested: number
  modes: number
  params: Record<string, string>
  /** Messages touched after this serial were delivered here, so their appends can be sent as slices. */
  #since: string
  readonly #replayed: Seen
  readonly #missed: Seen
  #lagging = false
  #toldOccupancy = ''
  #deltas: DeltaEncoder | undefined
  readonly #filter: Filter | undefined

  constructor(peer: Peer, channel: Channel, name: string, requested: number, params: Record<string, string>) {
    this.#peer = peer
    this.channel = channel
    this.name = name
    this.requested = requested
    this.params = params
    this.modes = grantModes(peer.grant, channel.name, requested)
    this.#since = channel.journal.head
    this.#replayed = new Seen(channel)
    this.#missed = new Seen(channel)
    this.#filter = filterOf(name)
  }

  get connectionId(): string {
    return this.#peer.id
  }

  /** Recomputes the modes after the credentials changed. */
  regrant(): void {
    const before = this.modes
    this.modes = grantModes(this.#peer.grant, this.channel.name, this.requested)
    if (this.modes & Mode.SUBSCRIBE & ~before) this.#startFrom(this.channel.journal.head)
  }

  /** Whether to skip what this connection published itself, because it asked for no echo. */
  isOwn(connectionId: string | undefined): boolean {
    return connectionId === this.#peer.id && !this.#peer.echo
  }

  deliver(delivery: Delivery): void {
    if ((this.modes & delivery.mode) === 0 || this.#lagging) return
    const { change } = delivery
    const own =
      delivery.origin === this.#peer.id && !this.#peer.echo && delivery.mode !== Mode.PRESENCE_SUBSCRIBE
    if (own) {
      if (change) this.#miss(change.message.serial)
      return
    }
    if (this.#peer.backlog > this.channel.outboundLimit) return this.#fallBehind()
    if (!change) return this.#send(delivery.frame(this.name, true))
    const { message, before, isAppend } = change
    const whole = !isAppend || this.params.appendMode === 'full' || !this.#hasSeen(message, before)
    if (whole) {
      this.#missed.delete(message.serial)
      if (message.connectionId === this.#peer.id && !this.#peer.echo) this.#replayed.add(message.serial)
    }
    this.#send(delivery.frame(this.name, whole))
  }

  /** Sends the backlog: what happened before the client came, or while it was away. */
  replay(frames: readonly ProtocolMessage[]): void {
    for (const frame of frames) {
      for (const message of frame.messages ?? []) this.#replayed.add(message.serial!)
      this.#send(new Frame({ ...frame, channel: this.name }))
    }
  }

  /** Tells the client that continuity was lost. */
  discontinue(error: AblyError): void {
    const { head } = this.channel.journal
    this.#startFrom(head)
    this.#peer.send(this.attached({ channelSerial: head, error: error.toWire() }))
    if (this.modes & Mode.PRESENCE_SUBSCRIBE && this.channel.presence.size > 0) this.sync()
  }

  /** The ATTACHED frame of this attachment. */
  attached(about: {
    channelSerial: string
    flags?: number
    error?: ProtocolMessage['error']
  }): ProtocolMessage {
    const presence =
      this.modes & Mode.PRESENCE_SUBSCRIBE && this.channel.presence.size > 0 ? Flag.hasPresence : 0
    const frame: ProtocolMessage = {
      action: Action.attached,
      channel: this.name,
      channelSerial: about.channelSerial,
      flags: this.modes | (about.flags ?? presence),
    }
    if (Object.keys(this.params).length > 0) frame.params = this.params
    if (about.error) frame.error = about.error
    return frame
  }

  tellOccupancy(occupancy: Occupancy): void {
    const metrics = chosenMetrics(this.params.occupancy, occupancy)
    const data = JSON.stringify({ metrics })
    if (!metrics || data === this.#toldOccupancy) return
    this.#toldOccupancy = data
    const message = { name: '[meta]occupancy', data, encoding: 'json', action: MessageAction.meta }
    // No channel serial: occupancy is not part of what can be resumed.
    const timestamp = Date.now()
    const id = `${this.channel.name}:${timestamp}`
    this.#peer.send({ action: Action.message, id, timestamp, channel: this.name, messages: [message] })
  }

  sync(): void {
    for (const frame of this.channel.presence.sync()) this.#peer.send({ ...frame, channel: this.name })
  }

  #send(frame: Frame): void {
    const { messages } = frame.message
    const delta = this.params.delta === 'vcdiff'
    if (!messages || (!delta && !this.#filter)) return this.#peer.send(frame)
    let passing = this.#filter ? messages.filter(this.#filter) : messages
    if (passing.length === 0) return
    if (delta) passing = (this.#deltas ??= new DeltaEncoder()).encode(passing)
    this.#peer.send(new Frame({ ...frame.message, messages: passing }))
  }

  #startFrom(serial: string): void {
    this.#since = serial
    this.#replayed.clear()
    this.#missed.clear()
  }

  #hasSeen(message: { serial: string; connectionId: string | undefined }, before: string): boolean {
    if (this.#replayed.has(message.serial)) return true
    if (before <= this.#since || this.#missed.has(message.serial)) return false
    return this.#peer.echo || message.connectionId !== this.#peer.id
  }

  #miss(serial: string): void {
    this.#missed.add(serial)
    this.#replayed.delete(serial)
  }

  // Like the service, drop what a slow client cannot take, and tell it once it reads again.
  #fallBehind(): void {
    this.#lagging = true
    this.#peer.whenDrained(this.channel.outboundLimit / 2, () => {
      this.#lagging = false
      if (!this.channel.subscribers.has(this)) return
      this.discontinue(
        new AblyError(
          80020,
          400,
          'unable to deliver all messages; the client read too slowly, read history to recover',
        ),
      )
    })
  }
}
