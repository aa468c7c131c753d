import * as Ably from 'ably'
import { describe, expect, test } from 'vitest'
import { memoryCheckpoints, type Agent, type AgentOptions, type RejoinError } from '../index.ts'
import { useBench } from '../../test/agentBench.ts'

const bench = useBench({ namespaces: [{ id: 'ai', mutableMessages: true }, { id: 'plain' }] })

const all = ['subscribe', 'publish', 'presence', 'history', 'message-update-own']
const patterns = ['message-per-response', 'message-per-token'] as const

/** An agent whose token may do all of that but `lack`. */
async function without(lack: string, options: Partial<AgentOptions> = {}, clientId?: string) {
  const { channelName = bench.channelName() } = options
  const capability = JSON.stringify({ [channelName]: all.filter((right) => right !== lack) })
  const rest = new Ably.Rest(bench.server.clientOptions)
  const tokenDetails = await rest.auth.requestToken({ ...(clientId && { clientId }), capability })
  const client = bench.client({
    key: undefined as never,
    clientId: undefined as never,
    authCallback: (_, give) => give(null, tokenDetails),
    echoMessages: false,
  })
  const agent = bench.agent({ client, ...options, channelName })
  const errors: RejoinError[] = []
  agent.on('error', (error) => errors.push(error))
  return { agent, errors, client, channelName }
}

async function failure(outcome: Promise<unknown>): Promise<RejoinError | undefined> {
  return outcome.then(
    () => undefined,
    (error: RejoinError) => error,
  )
}

async function answer(agent: Agent): Promise<unknown> {
  const response = agent.respond()
  response.append('One ')
  await response.flush().catch(() => {})
  response.append('two')
  return response.end()
}

describe.each(patterns)('an agent that lacks a capability (%s)', (pattern) => {
  test.each(['subscribe', 'publish'])('is not ready without "%s"', async (lack) => {
    const { agent, errors } = await without(lack, { pattern }, 'agent')
    agent.onPrompt(() => {})
    const error = await failure(agent.ready)
    expect(error).toMatchObject({ code: 'not_allowed' })
    expect(error!.message).toContain(`the capability "${lack}"`)
    expect(errors).toContain(error)
  })

  test('says that it lacks "publish" when it writes without listening', async () => {
    const { agent, errors } = await without('publish', { pattern }, 'agent')
    const error = await failure(answer(agent))
    expect(error).toMatchObject({ code: 'not_allowed', text: 'One two', cause: { code: 40160 } })
    expect(error!.message).toContain('the capability "publish"')
    expect(errors).toContain(error)
  })

  test('answers without "presence", and says so', async () => {
    const { agent, errors } = await without('presence', { pattern }, 'agent')
    agent.onPrompt(() => {})
    await agent.ready
    expect(await answer(agent)).toMatchObject({ status: 'complete' })
    expect(errors.map(({ code }) => code)).toEqual(['not_allowed'])
    expect(errors[0]!.message).toContain('the capability "presence"')
  })

  test('answers without "history", and says that it may miss something', async () => {
    const { agent, errors } = await without('history', { pattern }, 'agent')
    agent.onPrompt(() => {})
    await agent.ready
    expect(await answer(agent)).toMatchObject({ status: 'complete' })
    expect(errors.map(({ code }) => code)).toEqual(['not_allowed'])
    expect(errors[0]!.message).toContain('the capability "history"')
  })

  test('is not ready without "history", when it should catch up', async () => {
    const checkpoints = memoryCheckpoints()
    const { agent, channelName } = await without('history', { pattern, checkpoints }, 'agent')
    await checkpoints.save(channelName, { serial: '', open: [], recent: [] })
    agent.onPrompt(() => {})
    const error = await failure(agent.ready)
    expect(error).toMatchObject({ code: 'not_allowed' })
    expect(error!.message).toContain('the capability "history"')
  })
})

test('says that its messages may not grow, once they should', async () => {
  const { agent, errors } = await without('message-update-own', {}, 'agent')
  agent.onPrompt(() => {})
  await agent.ready
  const error = await failure(answer(agent))
  expect(error).toMatchObject({ code: 'not_allowed', text: 'One two' })
  expect(error!.message).toContain('the capability "message-update-own"')
  expect(errors).toEqual([error])
  const token = await without('message-update-own', { pattern: 'message-per-token' }, 'agent')
  expect(await answer(token.agent)).toMatchObject({ status: 'complete' })
})

test('says that its messages may not grow for want of a clientId', async () => {
  const { agent } = await without('none', {})
  const error = await failure(answer(agent))
  expect(error).toMatchObject({ code: 'not_allowed', text: 'One two' })
  expect(error!.message).toMatch(/clientId.*"message-update-own"/)
})

test('reports what a prompt handler could not deliver once', async () => {
  const { agent, errors, channelName } = await without('message-update-own', {}, 'agent')
  agent.onPrompt(async (_, response) => {
    response.append('One ')
    await response.flush()
    response.append('two')
    await response.flush()
  })
  await agent.ready
  const user = bench.client({ clientId: 'ann' }).channels.get(channelName)
  const ended = new Promise((resolve) => agent.on('error', resolve))
  await user.publish('user-input', { promptId: 'q', text: 'x' })
  await ended
  await bench.settle()
  expect(errors.map(({ code }) => code)).toEqual(['not_allowed'])
})

test('lets a checkpoint stand that it could not deal with', async () => {
  const channelName = bench.channelName()
  const checkpoints = memoryCheckpoints()
  const user = bench.client({ clientId: 'ann' }).channels.get(channelName)
  const asked: string[] = []
  const start = async (lack: string) => {
    const { agent } = await without(lack, { channelName, checkpoints }, 'agent')
    agent.onPrompt((prompt, response) => {
      asked.push(prompt.id)
      response.append('Hello')
    })
    return agent
  }
  const first = await start('none')
  await first.ready
  await first.close()
  await user.publish('user-input', { promptId: 'missed', text: 'x' })
  const second = await start('history')
  expect(await failure(second.ready)).toMatchObject({ code: 'not_allowed' })
  await user.publish('user-input', { promptId: 'live', text: 'x' })
  await expect.poll(() => asked).toContain('live')
  await second.close()
  const third = await start('none')
  await third.ready
  await expect.poll(() => asked).toContain('missed')
  await third.close()
  expect(asked).toEqual(['live', 'missed'])
})
