// The SDK, an agent and readers over real sockets, with every third append refused; pages rendered on a server.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createSession, history } from '@rejoin/core'
import { createAgent } from '@rejoin/agent'
import { fileCheckpoints } from '@rejoin/agent/node'
import { startLocalAbly } from '@rejoin/local-ably'
import * as react from '@rejoin/react'
import * as vue from '@rejoin/vue'
import * as Ably from 'ably'
import { createElement } from 'react'
import { renderToString as renderReact } from 'react-dom/server'
import { createSSRApp, h } from 'vue'
import { renderToString as renderVue } from 'vue/server-renderer'

const answer = 'Whole, in order, verified, whatever was refused on the way.'
const channelName = 'ai:chat'
const checkpoints = mkdtempSync(join(tmpdir(), 'rejoin-checkpoints-'))
const server = await startLocalAbly()
const clients = []
const connect = (clientId) => {
  const client = new Ably.Realtime({ ...server.clientOptions, clientId })
  clients.push(client)
  return client
}

try {
  for (const pattern of ['message-per-response', 'message-per-token']) {
    server.faults.clear()
    server.faults.refuse({ every: 3, match: { clientId: 'agent', data: /\S/ } })
    const options = { channelName: `${channelName}-${pattern}` }
    const agent = createAgent({
      ...options,
      client: connect('agent'),
      pattern,
      checkpoints: fileCheckpoints(checkpoints),
    })
    agent.onPrompt(async (_prompt, response) => {
      for (const word of answer.split(/(?= )/)) response.append(word)
    })
    await agent.ready

    const live = createSession({ ...options, client: connect('ann') })
    await live.ready
    await live.sendMessage({ text: 'How?' })
    await whole(live)
    const late = createSession({ ...options, client: connect('bob'), hydrate: history() })
    await late.ready
    const { id } = await whole(late)
    await rendered(late, id)
    await Promise.all([live.close(), late.close(), agent.close()])
    console.log(`seen: a conversation, ${pattern}`)
  }
} finally {
  for (const client of clients) client.close()
  await server.close()
  rmSync(checkpoints, { recursive: true })
}

/** The answer, once a session has all of it and knows so. */
function whole(session) {
  return new Promise((resolve) => {
    const look = () => {
      for (const { id, role } of session.getSnapshot().messages) {
        if (role !== 'assistant') continue
        const response = session.getResponse(id)
        if (response.status === 'complete' && response.verified && response.text === answer) resolve(response)
        session.subscribeResponse(id, look)
      }
    }
    session.subscribe(look)
    look()
  })
}

/** Both bindings on a server, which shows what a page shows before it is connected. */
async function rendered(session, id) {
  const Row = () => createElement('p', null, react.useResponse(id)?.status ?? 'not yet')
  const page = createElement(react.SessionProvider, { session }, createElement(Row))
  const app = createSSRApp({
    setup() {
      const response = vue.useResponse(id)
      return () => h('p', response.value?.status ?? 'not yet')
    },
  }).use(vue.RejoinPlugin, { session })
  for (const html of [renderReact(page), await renderVue(app)])
    if (html !== '<p>not yet</p>') throw new Error(`unable to render on a server; the page is ${html}`)
}
