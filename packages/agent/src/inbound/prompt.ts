import type { InboundMessage } from 'ably'
import { ErrorCode, Header, RejoinError, type PromptPart } from '@rejoin/core/protocol'
import { headersOf, parsed, userClaimOf } from './fields.ts'
import type { PromptTexts } from './promptTexts.ts'
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
  /** Id of the answer that it asks another one for. */
  readonly regenerate?: string
  /** Id of the line that it follows; `null`: it begins the conversation. Absent where its sender did not say. */
  readonly parent?: string | null
  /** Files and application data that came with it: all but the text. */
  readonly parts: readonly PromptPart[]
  /** Any JSON that the sender gave about it. */
  readonly metadata: unknown
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

/** Id of the prompt that a `user-input` message asks. */
export function promptIdOf(message: InboundMessage): string | undefined {
  const data = storable(parsed(message.data)) as { promptId?: unknown } | null | undefined
  const headers = storable(headersOf(message))
  const id = data?.promptId ?? headers[Header.PromptId] ?? message.serial ?? message.id
  return typeof id === 'string' && id !== '' ? id : undefined
}

/**
 * Reads a `user-input` message; `undefined` when it holds no text to answer.
 * @throws RejoinError `bad_message` when pieces of its text are missing.
 */
export function readPrompt(message: InboundMessage, late: boolean, texts?: PromptTexts): Prompt | undefined {
  const data: unknown = storable(parsed(message.data))
  const headers = storable(headersOf(message))
  const fields = (typeof data === 'object' && data ? data : {}) as {
    text?: unknown
    replaces?: unknown
    regenerate?: unknown
    parent?: unknown
    parts?: unknown
    metadata?: unknown
    length?: unknown
    checksum?: unknown
  }
  const said = typeof data === 'string' ? data : fields.text
  const id = promptIdOf(message)
  if (typeof said !== 'string' || id === undefined) return undefined
  const { length, checksum } = fields
  const inPieces = typeof length === 'number' && typeof checksum === 'string'
  const text = inPieces ? texts?.read(id, message.clientId, said, { length, checksum }) : said
  if (text === undefined)
    throw new RejoinError(
      ErrorCode.BadMessage,
      `unable to read prompt "${id}"; pieces of its text are missing. Ask the user to send it again`,
    )
  return {
    id,
    text,
    clientId: message.clientId,
    userClaim: userClaimOf(message),
    timestamp: message.timestamp ?? 0,
    serial: message.serial ?? '',
    replaces: typeof fields.replaces === 'string' ? fields.replaces : undefined,
    ...placeOf(fields),
    parts: Array.isArray(fields.parts) ? fields.parts.filter(isPart) : [],
    metadata: fields.metadata,
    data,
    headers,
    late,
  }
}

const isPart = (part: unknown): part is PromptPart =>
  typeof part === 'object' && part !== null && typeof (part as { type?: unknown }).type === 'string'

/** Where it says that it belongs (PROTOCOL.md §2.4). */
function placeOf({ regenerate, parent }: { regenerate?: unknown; parent?: unknown }) {
  return {
    ...(typeof regenerate === 'string' && { regenerate }),
    ...((typeof parent === 'string' || parent === null) && { parent }),
  }
}
