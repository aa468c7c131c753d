import type { InboundMessage } from 'ably'
import { Header } from '@rejoin/core/protocol'
import { headersOf, parsed, userClaimOf } from './fields.ts'
import { storable } from './storable.ts'

/** What a user asked. */
export interface Prompt {
  readonly id: string
  readonly text: string
  /** Who asked, as Ably verified it; `undefined` for anonymous clients. */
  readonly clientId: string | undefined
  /** The asker's role, from the claim `ably.channel.*` of their token: Ably vouches for it. */
  readonly userClaim: string | undefined
  /** Milliseconds since the epoch, by Ably's clock. */
  readonly timestamp: number
  readonly serial: string
  /** Id of the prompt that this is another attempt at: edited, or asked again. */
  readonly replaces: string | undefined
  /** The whole message data, for fields of the application's own. */
  readonly data: unknown
  readonly headers: Readonly<Record<string, string>>
  /** It came while this agent was away, and was found in the channel's history. */
  readonly late: boolean
  /**
   * With `claims`: grows whenever the prompt changes hands. Hand it to tools with effects: they can refuse a process
   * that was overtaken.
   */
  readonly fence?: number
}

/** Reads a `user-input` message; `undefined` when it holds no text to answer. */
export function readPrompt(message: InboundMessage, late: boolean): Prompt | undefined {
  const data: unknown = storable(parsed(message.data))
  const headers = storable(headersOf(message))
  const fields = (typeof data === 'object' && data ? data : {}) as {
    promptId?: unknown
    text?: unknown
    replaces?: unknown
  }
  const text = typeof data === 'string' ? data : fields.text
  const id = fields.promptId ?? headers[Header.PromptId] ?? message.serial ?? message.id
  if (typeof text !== 'string' || typeof id !== 'string' || id === '') return undefined
  return {
    id,
    text,
    clientId: message.clientId,
    userClaim: userClaimOf(message),
    timestamp: message.timestamp ?? 0,
    serial: message.serial ?? '',
    replaces: typeof fields.replaces === 'string' ? fields.replaces : undefined,
    data,
    headers,
    late,
  }
}
