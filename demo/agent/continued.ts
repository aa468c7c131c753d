import type { Conversation, ConversationMessage, Prompt } from '@rejoin/agent'

type Question = Extract<ConversationMessage, { role: 'user' }>

/** An answer that a prompt asks to go on. */
export interface Continued {
  /** Up to the prompt that it answers. */
  conversation: Conversation
  prompt: Question
  /** UTF-16 code units of text that were said. */
  length: number
}

/** What a prompt asks the rest of: its metadata names an answer, which may itself be the rest of another one. */
export function continuedBy(
  { metadata }: Pick<Prompt, 'metadata'>,
  conversation: Conversation,
): Continued | undefined {
  let asked: unknown = metadata
  let length = 0
  let found: Continued | undefined
  // Each answer stands before what continues it.
  let before = conversation.messages.length
  for (;;) {
    const id = (asked as { continues?: unknown } | undefined)?.continues
    const at = conversation.messages.findLastIndex(
      (message, index) => index < before && message.role === 'assistant' && message.id === id,
    )
    if (at < 0) return found
    const messages = conversation.messages.slice(0, at)
    length += conversation.messages[at]!.text.length
    const prompt = messages.findLast((message): message is Question => message.role === 'user')
    if (!prompt) return found
    found = { conversation: { ...conversation, messages }, prompt, length }
    asked = prompt.metadata
    before = at
  }
}
