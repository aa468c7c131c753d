import { StreamProcessor } from '@tanstack/ai-client'
import type { Peer } from './peer.ts'
import { earlierAnswer, feed, idOf, textOf } from './peer.ts'

type Chunk = Parameters<StreamProcessor['processChunk']>[0]

export const tanStack: Peer = {
  name: 'TanStack StreamProcessor',
  open(messages) {
    let notifications = 0
    const processor = new StreamProcessor({ events: { onMessagesChange: () => notifications++ } })
    processor.setMessages(
      Array.from({ length: messages }, (_, i) => ({
        id: `past-${i}`,
        role: i % 2 ? ('assistant' as const) : ('user' as const),
        parts: [{ type: 'text' as const, content: earlierAnswer }],
      })),
    )
    return Promise.resolve({
      stream({ responseId: messageId, messages }) {
        const run = { threadId: 't', runId: messageId, timestamp: 1, model: 'm' }
        const take = (chunk: object): void => processor.processChunk(chunk as Chunk)
        processor.prepareAssistantMessage()
        return () => {
          take({ type: 'RUN_STARTED', ...run })
          take({ type: 'TEXT_MESSAGE_START', messageId, role: 'assistant', ...run })
          feed(messages, (message) =>
            take({ type: 'TEXT_MESSAGE_CONTENT', messageId: idOf(message), delta: textOf(message) }),
          )
          take({ type: 'TEXT_MESSAGE_END', messageId, ...run })
          take({ type: 'RUN_FINISHED', finishReason: 'stop', ...run })
        }
      },
      text: () =>
        processor
          .getMessages()
          .at(-1)!
          .parts.map((part) => (part.type === 'text' ? part.content : ''))
          .join(''),
      notifications: () => notifications,
    })
  },
}
