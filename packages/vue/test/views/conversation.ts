import type { MessageRef } from '@rejoin/core'
import { defineComponent, h } from 'vue'
import { rendered } from '../../../core/test/bindings/host.ts'
import { useMessages, usePrompt, useResponse } from '../../src/index.ts'

const Prompt = defineComponent(
  (props: { id: string }) => {
    const prompt = usePrompt(() => props.id)
    return () => {
      rendered(`row:${props.id}`)
      return h('li', { 'data-row': props.id }, prompt.value?.text)
    }
  },
  { props: ['id'] },
)

const AnswerRow = defineComponent(
  (props: { id: string }) => {
    const response = useResponse(() => props.id)
    return () => {
      rendered(`row:${props.id}`)
      return h('li', { 'data-row': props.id, 'data-status': response.value?.status }, response.value?.text)
    }
  },
  { props: ['id'] },
)

export const row = ({ id, role }: MessageRef) => h(role === 'user' ? Prompt : AnswerRow, { id, key: id })

export const Conversation = defineComponent(() => {
  const messages = useMessages()
  return () => {
    rendered('list')
    return h('ol', messages.value.map(row))
  }
})
