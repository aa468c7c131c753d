import { createAgent, type Agent, type Checkpoint } from '@rejoin/agent'
import { Realtime } from 'ably'
import type { AgentCalls, AgentConversation, ServerCalls } from '../common/link.ts'
import { createRpc } from '../common/rpc.ts'
import { Keeper } from './keeper.ts'
import { createModel, type Model } from './model.ts'
import { respond } from './respond.ts'

const agents = new Map<string, Promise<Agent>>()
let client: Realtime | undefined
let model: Model | undefined

const server = createRpc<ServerCalls>(
  {
    send: (message) => void process.send?.(message),
    listen: (receive) => process.on('message', receive),
  },
  { start, open } satisfies AgentCalls,
)
const keeper = new Keeper((conversationId, row) => server.call('save', conversationId, row))

// Without its server there is nobody to answer.
process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole group; the server decides when we end.
process.on('SIGINT', () => {})

async function start(options: Parameters<AgentCalls['start']>[0]): Promise<void> {
  model = createModel(options.model)
  client = new Realtime({
    ...options.client,
    clientId: 'agent',
    transportParams: { appendRollupWindow: 40, remainPresentFor: 4000 },
    // A refused publish is no news here: it is repaired, and what is not comes through `agent.on('error')`.
    logLevel: 0,
  })
  await connected(client)
}

/** Ably itself would go on trying; whoever starts a demo wants to know. */
const patience = 20_000

function connected({ connection }: Realtime): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = () => {
      const why = connection.errorReason?.message ?? `it did not answer within ${patience / 1000} seconds`
      reject(new Error(`unable to connect the agent to Ably; ${why}. Check ABLY_API_KEY and the network`))
    }
    const timer = setTimeout(fail, patience)
    connection.on(['connected', 'failed'], ({ current }) => {
      clearTimeout(timer)
      if (current === 'connected') resolve()
      else fail()
    })
  })
}

function open(conversation: AgentConversation): Promise<void> {
  let agent = agents.get(conversation.id)
  if (!agent) {
    agent = listen(conversation)
    agents.set(conversation.id, agent)
    // One that failed is tried again by whoever opens the conversation next.
    agent.catch(() => agents.delete(conversation.id))
  }
  return agent.then(() => {})
}

async function listen({ id, channel, pattern }: AgentConversation): Promise<Agent> {
  if (!client || !model) throw new Error('unable to open a conversation; the agent has not started')
  const asked = model
  const agent = createAgent({
    client,
    channelName: channel,
    pattern,
    onComplete: (row) => keeper.keep(id, row),
    presence: { model: asked.name },
    // After a death nothing that was asked is forgotten, and nothing is answered twice.
    checkpoints: {
      load: async (name) => (await server.call('loadCheckpoint', name)) as Checkpoint | undefined,
      save: (name, checkpoint) => server.call('saveCheckpoint', name, checkpoint),
    },
  })
  agent.on('error', (error) => console.error(`agent: ${error.message}`))
  agent.onPrompt(async (prompt, response) => {
    const { text, clientId, serial, timestamp, replaces } = prompt
    await keeper.keep(id, {
      id: prompt.id,
      role: 'user',
      text,
      clientId,
      serial,
      createdAt: timestamp,
      ...(replaces !== undefined && { replaces }),
    })
    await respond(asked, prompt, response, await server.call('recent', id))
  })
  await agent.ready
  return agent
}
