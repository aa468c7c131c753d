// oxlint-disable typescript/no-redundant-type-constituents -- its packages are there only once it is installed
import { createSession, ErrorCode, history, RejoinError, rewind, seed } from '@rejoin/core'
import type { Part, ResponseState, SessionState } from '@rejoin/core'
import { createAgent } from '@rejoin/agent'
import { fileCheckpoints } from '@rejoin/agent/node'
import { createChatTransport } from '@rejoin/core/ai-sdk'
import { aiTransport } from '@rejoin/core/ai-transport'
import { fromAISDK } from '@rejoin/agent/providers/ai-sdk'
import { fromAnthropic } from '@rejoin/agent/providers/anthropic'
import { fromGoogle } from '@rejoin/agent/providers/google'
import { fromLangGraph } from '@rejoin/agent/providers/langgraph'
import { fromOpenAI } from '@rejoin/agent/providers/openai'
import { fromOpenAICompatible } from '@rejoin/agent/providers/openai-compatible'
import { startLocalAbly } from '@rejoin/local-ably'
import { SessionProvider, useMessages, useResponse } from '@rejoin/react'
import { RejoinPlugin, useResponse as useVueResponse } from '@rejoin/vue'
import * as Ably from 'ably'
import { BaseRealtime, FetchRequest, Rest, WebSocketTransport } from 'ably/modular'
import OpenAI from 'openai'
import { createApp } from 'vue'

const client = new Ably.Realtime({ key: 'a.b:c', clientId: 'me' })
const modular = new BaseRealtime({ key: 'a.b:c', plugins: { WebSocketTransport, FetchRequest, Rest } })
const session = createSession({ client, channelName: 'ai:chat', hydrate: rewind('2m') })
createSession({ client: modular, channelName: 'ai:chat', hydrate: history({ limit: 10 }) })
createSession({ client, channelName: 'ai:chat', codec: aiTransport() })
createSession({ client, channelName: 'ai:chat', hydrate: seed({ load: async () => ({ rows: [] }) }) })

const state: SessionState = session.getSnapshot()
const response: ResponseState | undefined = session.getResponse(state.messages[0]?.id ?? '')
const shown: string | undefined = response?.parts
  .map((part: Part) => (part.type === 'text' ? part.text : ''))
  .join('')
session.subscribeResponse('id', (changes) => {
  for (const change of changes)
    if (change.part !== undefined && 'appended' in change) change.appended satisfies string
})
session.on('gap', ({ responseId, gaps }) => [responseId satisfies string, gaps[0]?.missing])
session.on('error', (error) => error instanceof RejoinError && error.code === ErrorCode.AttachFailed)
// @ts-expect-error: a session needs a client or a channel.
createSession({ channelName: 'ai:chat' })

createAgent({ client, channelName: 'ai:chat' }).onPrompt(async (prompt, answer) => {
  const openai = new OpenAI()
  const input = prompt.text
  await answer.pipe(
    fromOpenAI(await openai.responses.create({ model: 'm', input, stream: true }, { signal: answer.signal })),
  )
})
export const rest = [
  createChatTransport,
  fromAISDK,
  fromAnthropic,
  fromGoogle,
  fromLangGraph,
  fromOpenAICompatible,
  fileCheckpoints,
  startLocalAbly,
  shown,
]

function Row({ id }: { id: string }) {
  const row = useResponse(id)
  return <p aria-busy={row?.status === 'streaming'}>{row?.text}</p>
}

export function Chat() {
  return (
    <SessionProvider session={session}>
      <List />
    </SessionProvider>
  )
}

function List() {
  return useMessages().map(({ id }) => <Row key={id} id={id} />)
}

createApp({ setup: () => ({ answer: useVueResponse('id') }) }).use(RejoinPlugin, { session })
