import { Chat as ReactChat } from '@ai-sdk/react'
import { Chat as VueChat } from '@ai-sdk/vue'
import type { ChatTransport, UIMessage, UIMessageChunk } from 'ai'
import type { Peer, PeerConversation } from './peer.ts'
import { earlierAnswer } from './peer.ts'

/** Hands out whatever stream is next. */
class Transport implements ChatTransport<UIMessage> {
  next: UIMessageChunk[] = []

  sendMessages(): Promise<ReadableStream<UIMessageChunk>> {
    const chunks = this.next
    let at = 0
    return Promise.resolve(
      new ReadableStream<UIMessageChunk>(
        {
          pull(controller) {
            if (at < chunks.length) controller.enqueue(chunks[at++]!)
            else controller.close()
          },
        },
        { highWaterMark: 64 },
      ),
    )
  }

  reconnectToStream(): Promise<null> {
    return Promise.resolve(null)
  }
}

function peer(
  name: string,
  make: (init: ConstructorParameters<typeof ReactChat>[0]) => ReactChat<UIMessage>,
): Peer {
  return {
    name,
    open: (messages) => Promise.resolve(conversation(make, messages)),
  }
}

function conversation(
  make: (init: ConstructorParameters<typeof ReactChat>[0]) => ReactChat<UIMessage>,
  messages: number,
): PeerConversation {
  const transport = new Transport()
  let notifications = 0
  const chat = make({
    transport,
    messages: Array.from({ length: messages }, (_, i) => ({
      id: `past-${i}`,
      role: i % 2 ? 'assistant' : 'user',
      parts: [{ type: 'text', text: earlierAnswer }],
    })),
  })
  chat['~registerMessagesCallback']?.(() => notifications++)
  return {
    stream(tokens) {
      transport.next = [
        { type: 'start' },
        { type: 'text-start', id: 't' },
        ...tokens.map((delta): UIMessageChunk => ({ type: 'text-delta', id: 't', delta })),
        { type: 'text-end', id: 't' },
        { type: 'finish' },
      ]
      return () => chat.sendMessage({ text: 'Go on.' })
    },
    text: () =>
      chat.messages
        .at(-1)!
        .parts.map((part) => (part.type === 'text' ? part.text : ''))
        .join(''),
    notifications: () => notifications,
  }
}

export const aiSdkReact = peer('AI SDK Chat (React)', (init) => new ReactChat(init))
export const aiSdkVue = peer(
  'AI SDK Chat (Vue)',
  (init) => new VueChat(init as never) as unknown as ReactChat<UIMessage>,
)
