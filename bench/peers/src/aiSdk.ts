import { Chat as ReactChat } from '@ai-sdk/react'
import { Chat as VueChat } from '@ai-sdk/vue'
import type { ChatTransport, UIMessage, UIMessageChunk } from 'ai'
import type { Peer, PeerConversation } from './peer.ts'
import { earlierAnswer } from './peer.ts'

/** Hands out whatever it was fed last. */
export class FedTransport implements ChatTransport<UIMessage> {
  private next: UIMessageChunk[] = []

  private readonly pause: (() => Promise<unknown>) | undefined

  /** With `pause`, every chunk waits for it: a chunk a task, as a network delivers them. */
  constructor(pause?: () => Promise<unknown>) {
    this.pause = pause
  }

  feed(tokens: readonly string[]): void {
    this.next = [
      { type: 'start' },
      { type: 'text-start', id: 't' },
      ...tokens.map((delta): UIMessageChunk => ({ type: 'text-delta', id: 't', delta })),
      { type: 'text-end', id: 't' },
      { type: 'finish' },
    ]
  }

  sendMessages(): Promise<ReadableStream<UIMessageChunk>> {
    const { next: chunks, pause } = this
    let at = 0
    return Promise.resolve(
      new ReadableStream<UIMessageChunk>(
        {
          async pull(controller) {
            if (pause) await pause()
            if (at < chunks.length) controller.enqueue(chunks[at++]!)
            else controller.close()
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
    stream(tokens) {
      transport.feed(tokens)
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
