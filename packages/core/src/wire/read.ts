import type { InboundMessage } from 'ably'
import type { StreamEvent } from '../protocol/event.ts'
import type { Fields } from './fields.ts'

/** Takes an event of a message. */
export type Emit = (event: StreamEvent) => void

/** Reads messages of one name. */
export type Read = (message: InboundMessage, headers: Fields, emit: Emit) => void

/** By message name; `data-` stands for all names that begin with it, `SUMMARY` for what is annotated on a message. */
export type Readers = Readonly<Record<string, Read>>

export const SUMMARY = 'message.summary'
