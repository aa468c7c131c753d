import type { StreamEvent, TextEvent } from '../protocol/event.ts'
import type { Reply } from './parties.ts'
import type { PartList, Place } from './partList.ts'

/** The response that a reply is for. */
export interface ReplyHost {
  /** Its agent follows PROTOCOL.md, and declares which tools run in the client. */
  readonly isStrict: boolean
  /** Who sent its prompt; `undefined` while that is unknown. */
  readonly asker: { readonly clientId: string | undefined } | undefined
}

/** How events of one type become parts of a response. Text and reasoning are built in; all else is one of these. */
export interface PartKind<Event extends StreamEvent = never> {
  /** Returns whether a view would see it. */
  apply(event: Event, parts: PartList): boolean
  /** Applies a reply of a client other than the agent. Returns whether a view would see it. */
  reply?(event: Reply, parts: PartList, host: ReplyHost): boolean
  /** Where a growing text of this kind goes. */
  place?(event: TextEvent, parts: PartList): Place
}

/** By event type. Events of other types show nothing. */
export type PartKinds = { readonly [Type in StreamEvent['type']]?: PartKind }
