import { StreamProcessor } from '@tanstack/ai-client'
import type { Peer } from './peer.ts'
import { earlierAnswer } from './peer.ts'

type Chunk = Parameters<StreamProcessor['processChunk']>[0]

export const tanStack: Peer = {
  name: 'TanStack StreamProcessor',
  open(messages) {
    let notifications = 0
    let count = 0
    const processor = new StreamProcessor({ events: { onMessagesChange: () => notifications++ } })
    processor.setMessages(
      Array.from({ length: messages }, (_, i) => ({
        id: `past-${i}`,
        role: i % 2 ? ('assistant' as const) : ('user' as const),
        parts: [{ type: 'text' as const, content: earlierAnswer }],
      })),
    )
    return Promise.resolve({
      stream(tokens) {
        const messageId = `live-${++count}`
        const run = { threadId: 't', runId: messageId, timestamp: 1, model: 'm' }
        const chunks = [
          { type: 'RUN_STARTED', ...run },
          { type: 'TEXT_MESSAGE_START', messageId, role: 'assistant', ...run },
          ...tokens.map((delta) => ({ type: 'TEXT_MESSAGE_CONTENT', messageId, delta, ...run })),
          { type: 'TEXT_MESSAGE_END', messageId, ...run },
          { type: 'RUN_FINISHED', finishReason: 'stop', ...run },
        ] as unknown as Chunk[]
        processor.prepareAssistantMessage()
        return () => {
          for (const chunk of chunks) processor.processChunk(chunk)
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
