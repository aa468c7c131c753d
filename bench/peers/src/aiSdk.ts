import { Chat as ReactChat } from '@ai-sdk/react'
import { Chat as VueChat } from '@ai-sdk/vue'
import type { InboundMessage } from 'ably'
import type { ChatTransport, UIMessage, UIMessageChunk } from 'ai'
import type { Peer, PeerConversation } from './peer.ts'
import { earlierAnswer, textOf } from './peer.ts'

/** Hands out whatever it was fed last. */
export class FedTransport implements ChatTransport<UIMessage> {
  private next: Iterator<UIMessageChunk> = [][Symbol.iterator]()

  private readonly pause: (() => Promise<unknown>) | undefined

  /** With `pause`, every chunk waits for it: a chunk a task, as a network delivers them. */
  constructor(pause?: () => Promise<unknown>) {
    this.pause = pause
  }

  feed(tokens: readonly string[]): void {
    this.next = chunksOf(tokens, (token) => token)
  }

  /** As from a channel: a chunk is made of each message as it comes. */
  feedMessages(messages: readonly InboundMessage[]): void {
    this.next = chunksOf(messages, textOf)
  }

  sendMessages(): Promise<ReadableStream<UIMessageChunk>> {
    const { next: chunks, pause } = this
    return Promise.resolve(
      new ReadableStream<UIMessageChunk>(
        {
          async pull(controller) {
            if (pause) await pause()
            const { value, done } = chunks.next()
            if (done) controller.close()
            else controller.enqueue(value)
          },
        },
        { highWaterMark: pause ? 0 : 64 },
      ),
    )
  }

  reconnectToStream(): Promise<null> {
    return Promise.resolve(null)
  }
}

function* chunksOf<T>(tokens: readonly T[], read: (token: T) => string): Iterator<UIMessageChunk> {
  yield { type: 'start' }
  yield { type: 'text-start', id: 't' }
  for (const token of tokens) yield { type: 'text-delta', id: 't', delta: read(token) }
  yield { type: 'text-end', id: 't' }
  yield { type: 'finish' }
}

export function earlierMessages(count: number): UIMessage[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `past-${i}`,
    role: i % 2 ? 'assistant' : 'user',
    parts: [{ type: 'text', text: earlierAnswer }],
  }))
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
  const transport = new FedTransport()
  let notifications = 0
  const chat = make({
    transport,
    messages: earlierMessages(messages),
  })
  chat['~registerMessagesCallback']?.(() => notifications++)
  return {
    stream({ messages }) {
      transport.feedMessages(messages)
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
