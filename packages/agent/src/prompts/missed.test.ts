import type { RealtimeClient, RealtimeHistoryParams } from 'ably'
import { afterEach, describe, expect, test } from 'vitest'
import { memoryCheckpoints, type Agent, type AgentOptions, type RejoinError } from '../index.ts'
import { type Reader, useBench } from '../../test/agentBench.ts'

const bench = useBench()
afterEach(() => bench.server.faults.clear())

/** The agent cannot connect until `act` is done. */
async function away(act: () => Promise<unknown>): Promise<void> {
  const admit = bench.server.faults.drop({ match: { clientId: 'agent' }, forget: true, refuseFor: 60_000 })
  await act()
  admit()
}

/** The same, and the server has lost what the agent would need to go on where it was. */
const lost = (channel: string, act: () => Promise<unknown>): Promise<void> =>
  away(() => {
    bench.server.faults.forget({ channel })
    return act()
  })

const agentClient = () =>
  bench.client({ clientId: 'agent', echoMessages: false, disconnectedRetryTimeout: 50 })

interface Answering {
  agent: Agent
  reader: Reader
  /** What the agent was asked, and whether it found it in history. */
  asked: string[]
  errors: RejoinError[]
  ask(promptId: string): Promise<unknown>
  answered(promptId: string): Promise<void>
}

async function answering(options: Partial<AgentOptions>): Promise<Answering> {
  const { channelName = bench.channelName() } = options
  const reader = await bench.reader(channelName)
  const agent = bench.agent({ client: agentClient(), channelName, ...options })
  const asked: string[] = []
  const errors: RejoinError[] = []
  agent.on('error', (error) => errors.push(error))
  agent.onPrompt((prompt, response) => {
    asked.push(`${prompt.id} ${prompt.late}`)
    response.append(`re: ${prompt.text}`)
  })
  return {
    agent,
    reader,
    asked,
    errors,
    ask: (promptId) => reader.channel.publish('user-input', { promptId, text: promptId }),
    answered: (promptId) =>
      reader.until(() =>
        reader.messages.some(
          ({ name, extras }) => /^(response-end|stop)$/.test(name!) && extras.headers.promptId === promptId,
        ),
      ),
  }
}

/** What the channel's history answers arrives only once `arrive` was called. */
function slowHistory(client: RealtimeClient, channelName: string) {
  const channel = client.channels.get(channelName)
  let arrive = () => {}
  const arrived = new Promise<void>((resolve) => (arrive = resolve))
  let ask = () => {}
  const asked = new Promise<void>((resolve) => (ask = resolve))
  const history = channel.history.bind(channel)
  channel.history = (async (params?: RealtimeHistoryParams) => {
    const page = await history(params)
    ask()
    await arrived
    return page
  }) as typeof channel.history
  const again = () => new Promise<void>((resolve) => channel.once('attached', () => resolve()))
  return { asked, arrive, again }
}

const kinds = [
  { pattern: 'message-per-response', kept: true },
  { pattern: 'message-per-response', kept: false },
  { pattern: 'message-per-token', kept: true },
  { pattern: 'message-per-token', kept: false },
] as const

describe.each(kinds)('$pattern, checkpoints: $kept', ({ pattern, kept }) => {
  const options = () => ({ pattern, ...(kept && { checkpoints: memoryCheckpoints() }) })

  test('answers what was asked of a server that has forgotten everything, while the agent was away', async () => {
    const { agent, asked, errors, ask, answered } = await answering(options())
    await agent.ready
    await ask('before')
    await answered('before')
    await away(async () => {
      await bench.server.faults.restart({ memory: false })
      await ask('meanwhile')
    })
    await answered('meanwhile')
    await ask('after')
    await answered('after')
    expect(asked).toEqual(['before false', 'meanwhile true', 'after false'])
    expect(errors).toEqual([])
    await agent.close()
  })

  test('answers what it missed when its past can be read at last', async () => {
    const { agent, asked, errors, ask, answered, reader } = await answering(options())
    await agent.ready
    await ask('before')
    await answered('before')
    await bench.settle()
    const channel = reader.channel.name
    bench.server.faults.refuse({ on: 'history', match: { channel }, error: 50003, times: 5 })
    await lost(channel, () => ask('meanwhile'))
    await answered('meanwhile')
    expect(asked).toEqual(['before false', 'meanwhile true'])
    expect(errors).toEqual([])
    await agent.close()
  })
})

test('answers what it missed again while it was reading what it had missed', async () => {
  const channelName = bench.channelName()
  const client = agentClient()
  const { agent, asked, errors, ask, answered } = await answering({ client, channelName })
  await agent.ready
  await ask('before')
  await answered('before')
  await bench.settle()
  const history = slowHistory(client, channelName)
  await lost(channelName, () => ask('first'))
  await history.asked
  const again = history.again()
  await lost(channelName, () => ask('second'))
  await again
  history.arrive()
  await answered('first')
  await answered('second')
  await ask('third')
  await answered('third')
  expect(asked).toEqual(['before false', 'first true', 'second true', 'third false'])
  expect(errors).toEqual([])
  await agent.close()
})

test('answers what it missed while it was dealing with the past of the last process', async () => {
  const options = { channelName: bench.channelName(), checkpoints: memoryCheckpoints() }
  const first = await answering(options)
  await first.agent.ready
  await first.ask('before')
  await first.answered('before')
  await first.agent.close()
  await first.ask('between')
  const client = agentClient()
  const history = slowHistory(client, options.channelName)
  const { agent, asked, errors, ask, answered } = await answering({ ...options, client })
  await history.asked
  const again = history.again()
  await lost(options.channelName, () => ask('meanwhile'))
  await again
  history.arrive()
  await answered('between')
  await answered('meanwhile')
  expect(asked).toEqual(['between true', 'meanwhile true'])
  expect(errors).toEqual([])
  await agent.close()
})
