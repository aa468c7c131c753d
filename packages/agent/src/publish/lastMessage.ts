import type { Message } from 'ably'

/** A message to publish; with `serial`, the full content of an existing one, with the metadata of that operation. */
export interface LastMessage extends Message {
  metadata?: Record<string, string>
}
