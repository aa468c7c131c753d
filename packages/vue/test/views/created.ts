import { defineComponent, h } from 'vue'
import { oldRows, page, rendered } from '../../../core/test/bindings/host.ts'
import { SessionProvider, useCreateSession, useResponse } from '../../src/index.ts'
import { Conversation } from './conversation.ts'

const Shown = defineComponent(
  (props: { channel: string }) => {
    const response = useResponse()
    return () => {
      rendered(`${props.channel} ${response.value?.text}`)
      return h('p', { 'data-answer': '' }, response.value?.text)
    }
  },
  { props: ['channel'] },
)

export const FromRows = defineComponent(
  (props: { channel: string }) => {
    const session = useCreateSession(
      () => props.channel,
      (name) => page.host!.open(name, { initialRows: oldRows }),
      () => oldRows,
    )
    return () => h(SessionProvider, { session: session.value }, () => h(Conversation))
  },
  { props: ['channel'] },
)

export const Created = defineComponent(
  (props: { channel: string }) => {
    const session = useCreateSession(
      () => props.channel,
      (name) => page.host!.open(name),
    )
    return () =>
      session.value
        ? h(SessionProvider, { session: session.value }, () => h(Shown, { channel: props.channel }))
        : h('p', { 'data-fallback': '' }, '…')
  },
  { props: ['channel'] },
)
