import { defineComponent, h } from 'vue'
import { rendered } from '../../../core/test/bindings/host.ts'
import { useActions, usePrompt, useQueue, useSend, useSession } from '../../src/index.ts'

const Delivery = defineComponent(
  (props: { id: string }) => {
    const prompt = usePrompt(() => props.id)
    const { retryMessage } = useSession()
    const onClick = () => void retryMessage(props.id).catch(() => {})
    return () =>
      prompt.value &&
      h('p', { 'data-delivery': prompt.value.delivery, title: prompt.value.error?.message }, [
        prompt.value.text,
        h('button', { 'data-retry': '', onClick }, 'Again'),
      ])
  },
  { props: ['id'] },
)

export const Composer = defineComponent(() => {
  const send = useSend()
  const onClick = () => void send({ text: 'Why?', promptId: 'mine' }).catch(() => {})
  return () => {
    rendered('composer')
    return [h('button', { onClick }, 'Send'), h(Delivery, { id: 'mine' })]
  }
})

export const Queue = defineComponent(() => {
  const queue = useQueue()
  const { stop } = useActions()
  return () => {
    rendered('queue')
    return h(
      'div',
      queue.value.map(({ id, text }) =>
        h('button', { key: id, 'data-queued': '', onClick: () => void stop(id) }, text),
      ),
    )
  }
})

export const Stop = defineComponent(() => {
  const { isStreaming, stopAll } = useSession()
  return () => {
    rendered('stop')
    return h('button', { 'data-streaming': isStreaming.value, onClick: () => void stopAll() }, 'Stop')
  }
})
