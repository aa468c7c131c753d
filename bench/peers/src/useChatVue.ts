import { Chat } from '@ai-sdk/vue'
import type { UIMessage } from 'ai'
import { createApp, defineComponent, h, nextTick } from 'vue'
import { earlierMessages, FedTransport } from './aiSdk.ts'

const task = () => new Promise((resolve) => setImmediate(resolve))

/** A list of rows over `Chat`, counted as ours is. */
export async function useChatPage(rows: number, root: HTMLElement) {
  const renders = { list: 0, rows: 0 }
  const transport = new FedTransport(task)
  const chat = new Chat({ transport: transport as never, messages: earlierMessages(rows) as never })
  const Row = defineComponent(
    (props: { message: UIMessage }) => () => {
      renders.rows++
      return h('p', props.message.parts.map((part) => (part.type === 'text' ? part.text : '')).join(''))
    },
    { props: ['message'] },
  )
  const List = defineComponent(() => () => {
    renders.list++
    return chat.messages.map((message) => h(Row, { key: message.id, message }))
  })
  createApp(List).mount(root)
  await nextTick()
  return {
    renders,
    root,
    stream(tokens: readonly string[]) {
      transport.feed(tokens)
      return async () => {
        await chat.sendMessage({ text: 'Go on.' })
        await nextTick()
      }
    },
  }
}
