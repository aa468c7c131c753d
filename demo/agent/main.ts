import { createAgent, type Agent, type Prompt, type ResponseWriter } from '@rejoin/agent'
import { promptRow } from '@rejoin/postgres'
import { Realtime } from 'ably'
import type { AgentCalls, AgentConversation, ServerCalls } from '../common/link.ts'
import { createRpc } from '../common/rpc.ts'
import type { Pattern } from '../server/store.ts'
import { Admission } from './admission.ts'
import { Files } from './files.ts'
import { Keeper } from './keeper.ts'
import { createModel, type Model } from './model.ts'
import { Orders } from './orders.ts'
import { steadyPace, type Pace } from './pace.ts'
import { respond } from './respond.ts'

const agents = new Map<string, Promise<Agent>>()
let client: Realtime | undefined
let model: Model | undefined
let admission: Admission
let newPace: (pattern: Pattern) => Pace

const server = createRpc<ServerCalls>(
  {
    send: (message) => void process.send?.(message),
    listen: (receive) => process.on('message', receive),
  },
  { start, open, close } satisfies AgentCalls,
)
const keeper = new Keeper((conversationId, row) => server.call('save', conversationId, row))

// Without its server the agent has no conversations.
process.on('disconnect', () => process.exit(0))
// Ctrl-C reaches the whole group; the server decides when we end.
process.on('SIGINT', () => {})

async function start(options: Parameters<AgentCalls['start']>[0]): Promise<void> {
  model = createModel(options.model)
  admission = new Admission(options.longestPrompt)
  newPace = await paces(options)
  client = new Realtime({
    ...options.client,
    clientId: 'agent',
    transportParams: { appendRollupWindow: 40, remainPresentFor: 4000 },
    // The SDK would log every refused publish. The agent repairs them, and reports what it cannot repair.
    logLevel: 0,
  })
  await connected(client)
}

/** Milliseconds. Ably's client would retry for ever; a starting demo should report the error. */
const patience = 20_000

/** Code comes faster than prose, as from real models; output that does not show while it grows comes at once. */
const toolInputFactor = 4

async function paces({ client: to, model: { speed } }: Parameters<AgentCalls['start']>[0]) {
  // Set by tests that tell the model how far to write.
  const port = Number(process.env.DEMO_ORDERS_PORT)
  if (port) {
    const orders = await Orders.connect(port, to)
    return () => orders.pace()
  }
  return (pattern: Pattern) => {
    const streamsInput = pattern === 'message-per-response'
    return steadyPace({ text: speed, toolInput: streamsInput ? speed * toolInputFactor : Infinity })
  }
}

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
    // After a failure, the next call tries again.
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
  agent.onPrompt(
    (prompt, response) =>
      admitted(prompt, response, async () => {
        const refused = await keeper.keep(id, promptRow(prompt))
        if (refused !== undefined)
          return void (await response.fail(new Error(`unable to answer this prompt; ${refused}`)))
        const conversation = await prompt.conversation({ load: (cursor) => server.call('page', id, cursor) })
        const files = new Files((fileId) => server.call('file', id, fileId))
        await respond({ model: asked, prompt, response, conversation, files, pace: newPace(pattern) })
      }),
    { interrupted: 'resume' },
  )
  try {
    await agent.ready
  } catch (error) {
    // An agent that cannot read the past would answer new prompts and then forget them.
    await agent.close()
    throw error
  }
  return agent
}

/** Answers, unless the person has reached a limit: then the answer says so, and nothing is logged. */
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
