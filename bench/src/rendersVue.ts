import { RejoinPlugin, useMessages, useResponse } from '@rejoin/vue'
import { createApp, defineComponent, h } from 'vue'
import type { Conversation } from './reader.ts'
import type { Renders } from './rendered.ts'

/** A task of its own for each frame, as in React's. */
export const settled = () => new Promise((resolve) => setImmediate(resolve))

export function mount({ session }: Conversation, root: HTMLElement, renders: Renders): void {
  const Row = defineComponent(
    (props: { id: string }) => {
      const response = useResponse(() => props.id)
      return () => {
        renders.rows++
        return h('p', response.value?.text)
      }
    },
    { props: ['id'] },
  )
  const List = defineComponent(() => {
    const messages = useMessages()
    return () => {
      renders.list++
      return messages.value.map(({ id }) => h(Row, { key: id, id }))
    }
  })
  createApp(List).use(RejoinPlugin, { session }).mount(root)
}
