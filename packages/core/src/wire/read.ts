import type { InboundMessage } from 'ably'
import type { StreamEvent } from '../protocol/event.ts'
import type { Fields } from './fields.ts'

/** Receives an event of a message. */
export type Emit = (event: StreamEvent) => void

/** Reads messages of one name. */
export type Read = (message: InboundMessage, headers: Fields, emit: Emit) => void

/** Keyed by message name; `data-` stands for every name with that prefix, `SUMMARY` for a summary of annotations. */
export type Readers = Readonly<Record<string, Read>>

export const SUMMARY = 'message.summary'
