import { createAgent, type Agent, type Prompt, type ResponseWriter } from '@rejoin/agent'
import { promptRow } from '@rejoin/postgres'
import { Realtime } from 'ably'
import type { AgentCalls, AgentConversation, ServerCalls } from '../common/link.ts'
import { createRpc } from '../common/rpc.ts'
import { Admission } from './admission.ts'
import { Keeper } from './keeper.ts'
import { createModel, type Model } from './model.ts'
import { respond } from './respond.ts'

const agents = new Map<string, Promise<Agent>>()
let client: Realtime | undefined
let model: Model | undefined
let admission: Admission

const server = createRpc<ServerCalls>(
  {
    send: (message) => void process.send?.(message),
    listen: (receive) => process.on('message', receive),
  },
  { start, open, close } satisfies AgentCalls,
)
const keeper = new Keeper((conversationId, row) => server.call('save', conversationId, row))

// Without its server there is nobody to answer.
process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole group; the server decides when we end.
process.on('SIGINT', () => {})

async function start(options: Parameters<AgentCalls['start']>[0]): Promise<void> {
  model = createModel(options.model)
  admission = new Admission(options.longestPrompt)
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

async function close(conversationId: string): Promise<void> {
  const agent = agents.get(conversationId)
  agents.delete(conversationId)
  await (await agent)?.close()
}

async function listen({ id, channel, pattern }: AgentConversation): Promise<Agent> {
  if (!client || !model) throw new Error('unable to open a conversation; the agent has not started')
  const asked = model
  // Before anything listens: with a checkpoint that cannot be used, no prompt is answered.
  const checkpoint = await server.call('loadCheckpoint', channel)
  const agent = createAgent({
    client,
    channelName: channel,
    pattern,
    onComplete: (row) => keeper.keep(id, row),
    presence: { model: asked.name },
    // A restarted agent forgets no prompt, and answers none twice.
    checkpoints: {
      load: () => Promise.resolve(checkpoint),
      save: (name, newer) => server.call('saveCheckpoint', name, newer),
    },
  })
  agent.on('error', (error) => console.error(`agent: ${error.message}`))
  agent.onPrompt((prompt, response) =>
    admitted(prompt, response, async () => {
      const refused = await keeper.keep(id, promptRow(prompt))
      if (refused === undefined) await respond(asked, prompt, response, await server.call('recent', id))
      else await response.fail(new Error(`unable to answer this prompt; ${refused}`))
    }),
  )
  try {
    await agent.ready
  } catch (error) {
    // One that cannot read the past would answer what is new, and forget it again.
    await agent.close()
    throw error
  }
  return agent
}

/** Answers within what the person may ask for; beyond it, the answer says so, and the log stays quiet. */
async function admitted(
  prompt: Prompt,
  response: ResponseWriter,
  answer: () => Promise<void>,
): Promise<void> {
  let leave: () => void
  try {
    leave = admission.enter(prompt)
  } catch (refusal) {
    await response.fail(refusal)
    return
  }
  await answer().finally(leave)
}
