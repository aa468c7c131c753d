import { expect, test } from 'vitest'
import {
  memoryCheckpoints,
  type AgentOptions,
  type Prompt,
  type RejoinError,
  type ResponseRow,
} from '../index.ts'
import { type Reader, useBench } from '../../test/agentBench.ts'

/** Whose word counts: who may stop a response, and whose messages an agent takes for its own. */
const bench = useBench()

const ownPrompt = (who: { clientId: string | undefined }, { prompt }: { prompt?: Prompt }) =>
  prompt !== undefined && who.clientId === prompt.clientId

const channelOf = (clientId: string, channelName: string) =>
  bench.client({ clientId }).channels.get(channelName)

/** Resolves once the agent has received all that was published before. */
async function heard(
  reader: Reader,
  agent: { on: (name: 'error', fn: (error: RejoinError) => void) => unknown },
) {
  await reader.channel.publish('nothing', 'x')
  await reader.until(() => reader.messages.some(({ name }) => name === 'nothing'))
  await bench.settle()
  return agent
}

test('asks allowCancel for every response that a request to stop means', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const asked: string[] = []
  const allowCancel: AgentOptions['allowCancel'] = ({ clientId }, { response }) => {
    asked.push(`${clientId} ${response?.responseId}`)
    return clientId === 'ann' && response?.responseId === 'hers'
  }
  const agent = bench.agent({ channelName, allowCancel })
  const mine = agent.respond({ responseId: 'mine' })
  const hers = agent.respond({ responseId: 'hers' })
  for (const response of [mine, hers]) response.append('x')
  for (const response of [mine, hers]) await response.flush()
  await channelOf('eve', channelName).publish('cancel', undefined)
  await channelOf('ann', channelName).publish('cancel', undefined)
  await bench.until(() => hers.signal.aborted)
  await heard(reader, agent)
  expect(mine.signal.aborted).toBe(false)
  expect(asked.sort()).toEqual(['ann hers', 'ann mine', 'eve hers', 'eve mine'])
  await agent.close()
})

test("asks a prompt handler's allowCancel for responses of the application", async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const agent = bench.agent({ channelName })
  agent.onPrompt(() => {}, { allowCancel: ownPrompt })
  const response = agent.respond()
  response.append('a report')
  await response.flush()
  await channelOf('eve', channelName).publish('cancel', undefined)
  await heard(reader, agent)
  expect(response.signal.aborted).toBe(false)
  await agent.close()
})

test('asks allowCancel for requests to stop that came while the agent was away', async () => {
  const channelName = bench.channelName()
  const options = { channelName, checkpoints: memoryCheckpoints() }
  const rows: ResponseRow[] = []
  const start = async () => {
    const agent = bench.agent({ ...options, onComplete: (row) => void rows.push(row) })
    agent.onPrompt((prompt, response) => response.append(prompt.text), { allowCancel: ownPrompt })
    await agent.ready
    return agent
  }
  await (await start()).close()
  const ann = channelOf('ann', channelName)
  const eve = channelOf('eve', channelName)
  const stop = (promptId?: string) => ({
    name: 'cancel',
    ...(promptId && { extras: { headers: { promptId } } }),
  })
  for (const promptId of ['kept', 'stopped']) await ann.publish('user-input', { promptId, text: promptId })
  await eve.publish(stop('kept'))
  await eve.publish(stop())
  await ann.publish(stop('stopped'))
  const agent = await start()
  await bench.until(() => rows.length === 2)
  expect(rows.map(({ promptId, status, text }) => `${promptId} ${status} ${text}`).sort()).toEqual([
    'kept complete kept',
    'stopped stopped ',
  ])
  await agent.close()
})

test('takes a request to stop all for what was asked before it, also in history', async () => {
  const channelName = bench.channelName()
  const options = { channelName, checkpoints: memoryCheckpoints() }
  const rows: ResponseRow[] = []
  const start = async () => {
    const agent = bench.agent({ ...options, onComplete: (row) => void rows.push(row) })
    agent.onPrompt((prompt, response) => response.append(prompt.text))
    await agent.ready
    return agent
  }
  await (await start()).close()
  const ann = channelOf('ann', channelName)
  await ann.publish('user-input', { promptId: 'before', text: 'x' })
  await ann.publish('cancel', undefined)
  await ann.publish('user-input', { promptId: 'after', text: 'x' })
  const agent = await start()
  await bench.until(() => rows.length === 2)
  expect(rows.map(({ promptId, status }) => `${promptId} ${status}`).sort()).toEqual([
    'after complete',
    'before stopped',
  ])
  await agent.close()
})

test('never answers a prompt that was cancelled before it came', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const agent = bench.agent({ channelName })
  const asked: string[] = []
  agent.onPrompt((prompt) => void asked.push(prompt.id), { allowCancel: ownPrompt })
  await agent.ready
  const stop = (promptId: string) => ({ name: 'cancel', extras: { headers: { promptId } } })
  const ann = channelOf('ann', channelName)
  await ann.publish(stop('a'))
  await channelOf('eve', channelName).publish(stop('b'))
  for (const promptId of ['a', 'b']) await ann.publish('user-input', { promptId, text: 'x' })
  const ended = (promptId: string) =>
    reader.messages.find(
      ({ name, extras }) => /^(cancelled|response-end)$/.test(name!) && extras.headers.promptId === promptId,
    )?.name
  await reader.until(() => ended('a') !== undefined && ended('b') !== undefined)
  expect([ended('a'), ended('b'), asked]).toEqual(['cancelled', 'response-end', ['b']])
  await agent.close()
})

test.each(['eve', undefined])(
  'takes only its own messages for its answers after a restart (%s)',
  async (clientId) => {
    const channelName = bench.channelName()
    const options = { channelName, checkpoints: memoryCheckpoints() }
    const rows: ResponseRow[] = []
    const start = async () => {
      const agent = bench.agent({ ...options, onComplete: (row) => void rows.push(row) })
      agent.onPrompt((prompt, response) => response.append(`answer to ${prompt.text}`), {
        interrupted: 'resume',
      })
      await agent.ready
      return agent
    }
    await (await start()).close()
    await channelOf('ann', channelName).publish('user-input', { promptId: 'q', text: 'q' })
    const eve = bench.client({ clientId }).channels.get(channelName)
    const headers = { responseId: 'forged', promptId: 'q', rejoin: '1', part: '0' }
    await eve.publish({ name: 'response', data: 'forged', extras: { headers } })
    await eve.publish({ name: 'response-end', extras: { headers } })
    const agent = await start()
    await bench.until(() => rows.length > 0)
    expect(rows).toMatchObject([{ promptId: 'q', text: 'answer to q', status: 'complete' }])
    expect(rows[0]!.id).not.toBe('forged')
    await agent.close()
  },
)

test('hears a request to stop from the first message of its first response on', async () => {
  const channelName = bench.channelName()
  const ann = channelOf('ann', channelName)
  await ann.subscribe('response', ({ extras }) =>
    ann.publish({ name: 'cancel', extras: { headers: { responseId: extras.headers.responseId } } }),
  )
  const agent = bench.agent({ channelName, presence: false })
  const response = agent.respond()
  response.append('a long story')
  await response.ended
  expect(response.signal.aborted).toBe(true)
  await agent.close()
})
