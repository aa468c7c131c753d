import type { Peer } from './peer.ts'
import { earlierAnswer, idOf, textOf } from './peer.ts'

/** What `useStream` keeps its state in; not among the package's exports, so reached by path. */
interface StreamManager {
  subscribe(listener: () => void): void
  values: { messages: { content: string }[] } | null
  setStreamValues(values: unknown): void
  enqueue(
    action: () => Promise<AsyncIterable<{ event: string; data: unknown }>>,
    options: object,
  ): Promise<void>
}

const entry = import.meta.resolve('@langchain/langgraph-sdk')
const { StreamManager } = (await import(new URL('ui/manager.js', entry).href)) as {
  StreamManager: new (messages: unknown, options: object) => StreamManager
}
const { MessageTupleManager } = (await import(new URL('ui/messages.js', entry).href)) as {
  MessageTupleManager: new () => unknown
}

type Values = { messages: unknown[] }

export const langGraph: Peer = {
  name: 'LangGraph StreamManager',
  open(messages) {
    let notifications = 0
    const manager = new StreamManager(new MessageTupleManager(), { throttle: false })
    manager.subscribe(() => notifications++)
    manager.setStreamValues({
      messages: Array.from({ length: messages }, (_, i) => ({
        id: `past-${i}`,
        type: i % 2 ? 'ai' : 'human',
        content: earlierAnswer,
      })),
    })
    const options = {
      callbacks: {},
      initialValues: {},
      getMessages: (values: Values) => values.messages ?? [],
      setMessages: (values: Values, next: unknown[]) => ({ ...values, messages: next }),
      onSuccess: () => undefined,
    }
    return Promise.resolve({
      stream({ messages }) {
        return () =>
          manager.enqueue(
            () =>
              Promise.resolve(
                (async function* () {
                  for (const message of messages)
                    yield {
                      event: 'messages',
                      data: [{ id: idOf(message), type: 'AIMessageChunk', content: textOf(message) }, {}],
                    }
                })(),
              ),
            options,
          )
      },
      text: () => manager.values!.messages.at(-1)!.content,
      notifications: () => notifications,
    })
  },
}
