import { useChat } from '@ai-sdk/react'
import type { UIMessage } from 'ai'
import { createElement, memo } from 'react'
import type { ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { earlierMessages, FedTransport } from './aiSdk.ts'

const task = () => new Promise((resolve) => setImmediate(resolve))

/** A list of rows over `useChat`, counted as ours is. */
export async function useChatPage(rows: number, root: HTMLElement, pause: () => Promise<unknown> = task) {
  const renders = { list: 0, rows: 0 }
  const transport = new FedTransport(pause)
  let send: () => Promise<void> = () => Promise.resolve()
  const messages = earlierMessages(rows)
  const Row = memo(function Row({ message }: { message: UIMessage }) {
    renders.rows++
    return createElement('p', null, ...message.parts.map((part) => (part.type === 'text' ? part.text : '')))
  })
  function List(): ReactNode {
    renders.list++
    const chat = useChat({ transport, messages })
    send = () => chat.sendMessage({ text: 'Go on.' })
    return chat.messages.map((message) => createElement(Row, { key: message.id, message }))
  }
  createRoot(root).render(createElement(List))
  await pause()
  return {
    renders,
    root,
    stream(tokens: readonly string[]) {
      transport.feed(tokens)
      return async () => {
        await send()
        await pause()
      }
    },
  }
}
