import { Frame } from '../wire/codec.ts'
import type { Message } from './message.ts'
import type { Occupancy } from './occupancy.ts'
import type { ProtocolMessage } from '../wire/protocol.ts'

/** What happens to a message that was there before. */
export interface Change {
  message: Message
  /** The channel serial of the frame that touched it last before this. */
  before: string
  isAppend: boolean
}

/** One thing that subscribers of a channel are told, made into frames once for all who get the same. */
export class Delivery {
  /** The mode bit that an attachment needs to get it. */
  readonly mode: number
  readonly serial: string
  /** The connection it came from, for those who do not want their own back. */
  readonly origin: string | undefined
  /** Set when it changes a message. Of an append, those who have seen the message get the slice, others the whole. */
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

  /** The frame under the name that the client attached with. */
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
  /** How many are here now, for those who asked. */
  tellOccupancy(occupancy: Occupancy): void
}
