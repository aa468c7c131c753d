import type { Message } from 'ably'

/**
 * A message to publish. With `serial`, it replaces the full content of that message and carries the operation's
 * metadata.
 */
export interface LastMessage extends Message {
  metadata?: Record<string, string>
}
