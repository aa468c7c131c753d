import { defineComponent, h, Suspense } from 'vue'
import { useAgents, useIsReady, useReady, useSession } from '../../src/index.ts'
import { Conversation } from './conversation.ts'
import { Newest } from './response.ts'

export const Agents = defineComponent(() => {
  const agents = useAgents()
  return () =>
    h(
      'ul',
      agents.value.map(({ clientId }) => h('li', { key: clientId }, clientId)),
    )
})

export const SessionStatus = defineComponent(() => {
  const { status, hydration, error, messages, session } = useSession()
  return () =>
    h(
      'p',
      {
        'data-status': status.value,
        'data-hydration': hydration.value,
        onClick: () => session.value.close(),
      },
      error.value?.message ?? String(messages.value.length),
    )
})

export const Waiting = defineComponent(() => {
  const isReady = useIsReady()
  return () => (isReady.value ? h(Newest) : h('p', { 'data-fallback': '' }, '…'))
})

const Ready = defineComponent(async () => {
  await useReady()
  return () => h(Conversation)
})

export const Suspended = defineComponent(
  () => () =>
    h(Suspense, null, { default: () => h(Ready), fallback: () => h('p', { 'data-fallback': '' }, '…') }),
)
