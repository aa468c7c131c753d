import { Frame } from '../wire/codec.ts'
import type { Message } from './message.ts'
import type { Occupancy } from './occupancy.ts'
import type { ProtocolMessage } from '../wire/protocol.ts'

/** A change of an existing message. */
export interface Change {
  message: Message
  /** The channel serial of the previous frame that touched it. */
  before: string
  isAppend: boolean
}

/** One delivery to the subscribers of a channel. Subscribers that get the same content share a frame. */
export class Delivery {
  /** The mode bit that an attachment needs. */
  readonly mode: number
  readonly serial: string
  /** The connection it came from, so that clients without echo can skip it. */
  readonly origin: string | undefined
  /** Set when it changes a message. For an append, subscribers that have the message get the slice, others the whole. */
  readonly change: Change | undefined
  readonly #build: (whole: boolean) => ProtocolMessage
  readonly #frames = new Map<string, Frame>()
  #whole: ProtocolMessage | undefined
  #slice: ProtocolMessage | undefined

  constructor(
    about: { mode: number; serial: string; origin?: string | undefined; change?: Change },
    build: (whole: boolean) => ProtocolMessage,
  ) {
    this.mode = about.mode
    this.serial = about.serial
    this.origin = about.origin
    this.change = about.change
    this.#build = build
  }

  /** Returns the frame for the name that the client attached with. */
  frame(channelName: string, whole: boolean): Frame {
    const key = whole ? channelName : `slice ${channelName}`
    let frame = this.#frames.get(key)
    if (!frame) {
      const content = whole ? (this.#whole ??= this.#build(true)) : (this.#slice ??= this.#build(false))
      this.#frames.set(key, (frame = new Frame({ ...content, channel: channelName })))
    }
    return frame
  }
}

/** An attachment, as the channel sees it. */
export interface Subscriber {
  /** The bits of its modes. */
  readonly modes: number
  readonly connectionId: string
  deliver(delivery: Delivery): void
  /** Tells the occupancy, if the client asked for it. */
  tellOccupancy(occupancy: Occupancy): void
}
