import type { InboundMessage } from 'ably'
import { ErrorCode, Header, RejoinError, undecoded, type PromptPart } from '@rejoin/core/protocol'
import { headersOf, parsed, userClaimOf } from './fields.ts'
import type { PromptTexts } from './promptTexts.ts'
import { storable } from './storable.ts'

/** A user's prompt. */
export interface Prompt {
  readonly id: string
  readonly text: string
  /** The sender's clientId, as verified by Ably; `undefined` for anonymous clients. */
  readonly clientId: string | undefined
  /** The sender's role, from the claim `ably.channel.*` of the token, as verified by Ably. */
  readonly userClaim: string | undefined
  /** Milliseconds since the epoch, by Ably's clock. */
  readonly timestamp: number
  readonly serial: string
  /** Id of the prompt that this one edits or repeats. */
  readonly replaces: string | undefined
  /** Id of the answer for which this prompt asks an alternative. */
  readonly regenerate?: string
  /**
   * Id of the message that the prompt follows; `null`: it begins the conversation. Absent if the sender did not say.
   */
  readonly parent?: string | null
  /** The prompt's files and application data: all parts but the text. */
  readonly parts: readonly PromptPart[]
  /** Any JSON that the sender attached. */
  readonly metadata: unknown
  /** The whole message data, for the application's own fields. */
  readonly data: unknown
  readonly headers: Readonly<Record<string, string>>
  /** The prompt came while this agent was away, and was read from the channel's history. */
  readonly late: boolean
  /**
   * With `claims`: grows whenever the prompt changes hands. Pass it to tools with effects, so that they can refuse a
   * process that was overtaken.
   */
  readonly fence?: number
}

/** Id of the prompt in a `user-input` message. */
export function promptIdOf(message: InboundMessage): string | undefined {
  // What is encrypted tells no id.
  if (message.encoding) return undefined
  const data = storable(parsed(message.data)) as { promptId?: unknown } | null | undefined
  const headers = storable(headersOf(message))
  const id = data?.promptId ?? headers[Header.PromptId] ?? message.serial ?? message.id
  return typeof id === 'string' && id !== '' ? id : undefined
}

/**
 * Reads a `user-input` message; `undefined` when it has no text to answer.
 * @throws RejoinError `bad_message` when pieces of its text are missing, or its data is encrypted.
 */
export function readPrompt(message: InboundMessage, late: boolean, texts?: PromptTexts): Prompt | undefined {
  const { encoding } = message
  if (encoding) throw new RejoinError(ErrorCode.BadMessage, `unable to read a prompt; ${undecoded(encoding)}`)
  let data: unknown = storable(parsed(message.data))
  const headers = storable(headersOf(message))
  let fields = (typeof data === 'object' && data ? data : {}) as {
    text?: unknown
    replaces?: unknown
    regenerate?: unknown
    parent?: unknown
    parts?: unknown
    metadata?: unknown
    length?: unknown
    checksum?: unknown
    textLength?: unknown
  }
  const said = typeof data === 'string' ? data : fields.text
  const id = promptIdOf(message)
  if (typeof said !== 'string' || id === undefined) return undefined
  const { length, checksum, textLength } = fields
  const inPieces = typeof length === 'number' && typeof checksum === 'string'
  let text = inPieces ? texts?.read(id, message.clientId, said, { length, checksum }) : said
  if (inPieces && text !== undefined && typeof textLength === 'number') {
    // The JSON of the prompt's other fields follows its text.
    const given = storable(parsed(text.slice(textLength)))
    text = typeof given === 'object' && given ? text.slice(0, textLength) : undefined
    data = fields = { ...fields, ...(given as object), text }
  }
  if (text === undefined)
    throw new RejoinError(
      ErrorCode.BadMessage,
      `unable to read prompt "${id}"; pieces of it are missing. Ask the user to send it again`,
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

/** The place that the prompt names in the conversation (PROTOCOL.md §2.4). */
function placeOf({ regenerate, parent }: { regenerate?: unknown; parent?: unknown }) {
  return {
    ...(typeof regenerate === 'string' && { regenerate }),
    ...((typeof parent === 'string' || parent === null) && { parent }),
  }
}
