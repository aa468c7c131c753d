import type { InboundMessage } from 'ably'
import type { Header, MessageName } from '../protocol/names.ts'
import { headersOf, isOperation, none } from './fields.ts'
import type { Fields } from './fields.ts'
import { stampOfNext } from './next.ts'
import { SUMMARY } from './read.ts'
import type { Emit, Readers } from './read.ts'
import { readRevision } from './text.ts'

/**
 * Reads a wire format: passes every event in `message` to `emit`, and throws a short reason if the message has a known
 * name but cannot be understood. Unknown names are ignored.
 */
export interface Codec {
  decode(message: InboundMessage, emit: Emit): void
  /** A codec that remembers what it has read makes another for each session: several may share it. Optional. */
  forSession?(): Codec
  /**
   * The stamp of a message that says nothing but what comes after `before`, whose event was text: the length of the whole
   * text, in UTF-16 code units. Otherwise undefined: the message is decoded. Optional: it spares making an event.
   */
  stampOfNext?(message: InboundMessage, before: InboundMessage): number | undefined
}

/** An app's own message names, keyed by the documented name: `{ token: 'chunk' }`. */
export type MessageNames = Partial<
  Record<(typeof MessageName)[keyof typeof MessageName], string | readonly string[]>
>

/** An app's own header keys, keyed by the documented key: `{ responseId: 'response_id' }`. */
export type HeaderNames = Partial<Record<(typeof Header)[keyof typeof Header], string>>

export interface NameOptions {
  names?: MessageNames | undefined
  headers?: HeaderNames | undefined
}

const PREFIX = /^[a-z]+-/

/** A codec for the message names in `byName`. */
export function codecOf(byName: Readers, { names = {}, headers = {} }: NameOptions = {}): Codec {
  const renamed = Object.entries(headers)
  const readers = new Map(Object.entries(byName))
  for (const [name, own] of Object.entries(names)) {
    const read = byName[name]
    if (!read || own === undefined) continue
    readers.delete(name)
    for (const alias of typeof own === 'string' ? [own] : own) readers.set(alias, read)
  }
  const summary = byName[SUMMARY]
  const codec: Codec = {
    decode(message, emit) {
      const { name } = message
      // A summary repeats its message without being one of its versions.
      if (message.action === SUMMARY) return summary?.(message, none, emit)
      let read = readers.get(name as string)
      if (!read && typeof name === 'string') read = readers.get(PREFIX.exec(name)?.[0] as string)
      // An operation on a known message may no longer carry its name.
      if (!read && isOperation(message)) read = readRevision
      if (!read) return
      const given = headersOf(message)
      read(message, renamed.length ? rename(given, renamed) : given, emit)
      // History returns a message with a summary of its annotations.
      if (message.annotations) summary?.(message, none, emit)
    },
  }
  const { decode } = codec
  // A copy of this codec with a `decode` of its own may read the same message differently.
  if (renamed.length === 0)
    codec.stampOfNext = function (message, before) {
      return this.decode === decode ? stampOfNext(message, before) : undefined
    }
  return codec
}

function rename(headers: Fields, names: [string, string | undefined][]): Fields {
  const renamed = { ...headers }
  for (const [name, own] of names) {
    if (own === undefined) continue
    delete renamed[name]
    if (headers[own] !== undefined) renamed[name] = headers[own]
  }
  return renamed
}
