import type { Conversation, ConversationMessage } from '@rejoin/agent'

/** A conversation of texts alone: a user speaks first, then each in turn. */
export function conversationOf(...texts: string[]): Conversation {
  const messages = texts.map((text, at) =>
    at % 2 === 0
      ? { role: 'user', id: `p${at}`, text, parts: [] }
      : {
          role: 'assistant',
          id: `r${at}`,
          status: 'complete',
          text,
          parts: [{ id: '0', type: 'text', text, state: 'done' }],
          gaps: [],
        },
  )
  return {
    messages: messages as unknown as ConversationMessage[],
    truncated: false,
    hasGap: false,
    calls: [],
  }
}
