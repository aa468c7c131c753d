import type { PromptState, ResponseState } from '@rejoin/core'

/** One turn of a conversation, as the prompt's sender saw it. */
export type ConversationMessage =
  | (PromptState & { readonly role: 'user' })
  | (ResponseState & { readonly role: 'assistant' })
  | { readonly role: 'system'; readonly text: string }

/** A call that a person has approved or a client has answered, and whose outcome the model has not seen. */
export interface PendingCall {
  readonly responseId: string
  readonly toolCallId: string
  readonly toolName: string
  readonly input: unknown
  /** Undefined: the call is approved and must be run. */
  readonly output?: unknown
  readonly errorText?: string
}

/** The conversation that the prompt's sender saw, up to the prompt. Converters turn it into a model's input. */
export interface Conversation {
  /** Oldest first. */
  readonly messages: readonly ConversationMessage[]
  /** Older turns are missing: a limit was reached, or the past could not be read. */
  readonly truncated: boolean
  /** Text of a response, or of a prompt, is missing. */
  readonly hasGap: boolean
  readonly calls: readonly PendingCall[]
}

export interface Bounds {
  /** Maximum number of turns. Default 200. */
  maxMessages?: number
  /** Maximum number of UTF-16 code units of text. */
  maxCharacters?: number
}

/** Drops whole turns, oldest first, so that the rest begins with a user's message. Keeps the last message. */
export function bounded(
  conversation: Conversation,
  { maxMessages = 200, maxCharacters }: Bounds,
): Conversation {
  const { messages } = conversation
  let from = Math.max(0, messages.length - maxMessages)
  if (maxCharacters !== undefined) {
    let left = maxCharacters
    let kept = messages.length
    while (kept > from && (left -= lengthOf(messages[kept - 1]!)) >= 0) kept--
    from = kept
  }
  from = Math.min(from, Math.max(0, messages.length - 1))
  while (from > 0 && from < messages.length - 1 && messages[from]!.role !== 'user') from++
  if (from === 0) return conversation
  const rest = messages.slice(from)
  const ids = new Set(rest.flatMap((message) => ('id' in message ? message.id : [])))
  return {
    ...conversation,
    messages: rest,
    truncated: true,
    hasGap: rest.some(lacksText),
    calls: conversation.calls.filter(({ responseId }) => ids.has(responseId)),
  }
}

/** Whether text of a message is missing. */
export function lacksText(message: ConversationMessage): boolean {
  return message.role === 'assistant' ? message.hasGap : 'incomplete' in message
}

function lengthOf(message: ConversationMessage): number {
  if (message.role !== 'assistant') return message.text.length
  let length = 0
  for (const part of message.parts) {
    if ('text' in part) length += part.text.length
    else if ('toolCallId' in part)
      length += sizeOf(part.input) + sizeOf(part.output) + (part.errorText?.length ?? 0)
  }
  return length
}

const sizeOf = (value: unknown): number => (value === undefined ? 0 : (JSON.stringify(value)?.length ?? 0))
