import type { StreamEvent, TextEvent } from '../protocol/event.ts'
import type { PartList, Place } from './partList.ts'

/** How events of one type become parts of a response. Text and reasoning are built in; all else is one of these. */
export interface PartKind<Event extends StreamEvent = never> {
  /** Returns whether a view would see it. */
  apply(event: Event, parts: PartList): boolean
  /** Where a growing text of this kind goes. */
  place?(event: TextEvent, parts: PartList): Place
}

/** By the type of their events. What is not in here is not shown. */
export type PartKinds = { readonly [Type in StreamEvent['type']]?: PartKind }
