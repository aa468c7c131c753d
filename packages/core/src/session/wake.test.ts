import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { answerPrompt, type PromptHandler } from '@rejoin/agent'
import { until, Wire } from '../../test/wire/wire.ts'
import { fetchWake, RejoinError } from '../index.ts'
import type { Session, SessionOptions, Wake } from '../index.ts'

let wire: Wire

beforeAll(async () => {
  wire = await Wire.start()
})
afterEach(() => wire.release())
afterAll(() => wire.close())

async function open(options: Partial<SessionOptions>, channelName = wire.channelName()) {
  const session = wire.session(channelName, { clientOptions: { clientId: 'ann' }, ...options })
  const errors: RejoinError[] = []
  session.on('error', (error) => errors.push(error))
  await session.ready
  return { session, errors }
}

/** A process of its own. */
const process = ({ channelName, promptId }: Wake, handler: PromptHandler) => {
  const client = wire.client({ clientId: 'agent', echoMessages: false })
  const options = { channelName, promptId: promptId!, interrupted: 'resume' as const, endOnExit: false }
  return { client, answer: answerPrompt({ ...options, client, handler }) }
}

const answered = (session: Session, promptId: string) =>
  until('the answer', () => {
    const { status, responseId = '' } = session.getPrompt(promptId) ?? {}
    return status === 'answered' && session.getResponse(responseId)
  })

test('wakes an agent for each prompt that the channel has; a failure is repeated, and costs no prompt', async () => {
  const wakes: Wake[] = []
  let failures = 2
  const { session, errors } = await open({
    wake: async (wake) => {
      wakes.push(wake)
      if (failures-- > 0) throw new Error('out')
      await process(wake, (prompt, response) => response.append(`To ${prompt.text}.`)).answer
    },
  })
  const promptId = await session.sendMessage({ text: 'this' })
  const answer = await answered(session, promptId)
  expect(answer).toMatchObject({ text: 'To this.', verified: true })
  const { channelName } = wakes[0]!
  expect(wakes).toEqual(wakes.map(() => ({ channelName, promptId, reason: 'prompt' })))
  expect(wakes).toHaveLength(3)
  await session.regenerate(answer.id)
  expect(wakes).toHaveLength(4)
  expect(errors).toEqual([])
})

test('tells of a wake that was refused for good; the prompt stays sent', async () => {
  const calls: Wake[] = []
  const { session, errors } = await open({
    wake: (wake) => {
      calls.push(wake)
      throw new RejoinError('not_allowed', 'unable to wake; log in')
    },
  })
  const promptId = await session.sendMessage({ text: 'this' })
  await until('the error', () => errors.length > 0)
  expect(errors).toMatchObject([{ code: 'wake_failed', cause: { code: 'not_allowed' } }])
  expect(errors[0]!.message).toContain(promptId)
  expect(session.getPrompt(promptId)).toMatchObject({ delivery: 'sent', status: 'sent' })
  expect(session.getSnapshot().error).toBeUndefined()
  expect(calls).toHaveLength(1)
})

test('wakes another agent when the one that answers dies, in place', async () => {
  const wakes: Wake[] = []
  const { session } = await open({
    wake: (wake) => {
      wakes.push(wake)
      if (wakes.length > 1) return process(wake, (_, response) => response.append('and half.')).answer
      const { client, answer } = process(wake, async (_, response) => {
        response.append('Half ')
        await response.flush()
        client.connection.close()
        await new Promise(() => {})
      })
      answer.catch(() => {})
      return undefined
    },
  })
  const promptId = await session.sendMessage({ text: 'this' })
  expect(await answered(session, promptId)).toMatchObject({ text: 'Half and half.', verified: true })
  expect(wakes).toHaveLength(2)
  const { messages } = session.getSnapshot()
  expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant'])
})

test.each(['before', 'after'])(
  'a decision wakes the agent that has suspended its answer (known %s it)',
  async (known) => {
    const channelName = wire.channelName()
    const wakes: Wake[] = []
    const { session } = await open({ wake: (wake) => wakes.push(wake) }, channelName)
    const agent = wire.client({ clientId: 'agent' }).channels.get(channelName)
    const extras = {
      headers: { responseId: 'r', promptId: 'p', toolCallId: 't', rejoin: '1', presence: 'none' },
    }
    await agent.publish([
      { name: 'start', extras },
      { name: 'tool_call', data: { name: 'pay', args: {} }, extras },
      { name: 'approval-request', data: { name: 'pay' }, extras },
    ])
    await until('the response', () => session.getResponse('r'))
    const suspend = () => agent.publish({ name: 'suspend', data: { toolCallIds: ['t'] }, extras })
    const decide = () => session.addToolApprovalResponse({ responseId: 'r', toolCallId: 't', approved: true })
    if (known === 'before') {
      await suspend()
      await until('the suspension', () => session.getResponse('r')?.status === 'suspended')
      await decide()
    } else {
      await decide()
      expect(wakes).toEqual([])
      await suspend()
    }
    await until('the wake', () => wakes.length > 0)
    expect(wakes).toEqual([{ channelName, promptId: 'p', responseId: 'r', reason: 'approval' }])
  },
)

test('an agent that runs is not woken by decisions', async () => {
  const channelName = wire.channelName()
  const wakes: Wake[] = []
  const { session } = await open({ wake: (wake) => wakes.push(wake) }, channelName)
  const promptId = await session.sendMessage({ promptId: 'p', text: 'Pay' })
  const { answer } = process({ channelName, promptId, reason: 'prompt' }, async (_, response) => {
    const { approved } = await response.approval({ name: 'pay', arguments: {} })
    response.append(`Approved: ${approved}`)
  })
  const part = await until('the request', () => {
    const { responseId = '' } = session.getPrompt(promptId) ?? {}
    const call = session.getResponse(responseId)?.parts.find((one) => 'toolCallId' in one)
    return call?.state === 'approval-requested' && { responseId, toolCallId: call.toolCallId }
  })
  await session.addToolApprovalResponse({ ...part, approved: true })
  await answer
  await answered(session, promptId)
  expect(wakes).toHaveLength(1)
})

test('fetchWake posts the wake, and knows what may pass', async () => {
  const posts: { headers: Record<string, unknown>; body: unknown }[] = []
  const replies = [503, 429, 200, 403, 404]
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += String(chunk)
    posts.push({ headers: request.headers, body: JSON.parse(body) })
    response.writeHead(replies[posts.length - 1]!).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/chat`
  try {
    const { session, errors } = await open({
      wake: fetchWake(url, () => ({ headers: { authorization: 'me' } })),
    })
    const promptId = await session.sendMessage({ text: 'this' })
    await until('three posts', () => posts.length === 3)
    for (const { headers, body } of posts) {
      expect(headers).toMatchObject({ 'content-type': 'application/json', authorization: 'me' })
      expect(body).toMatchObject({ promptId, reason: 'prompt' })
    }
    expect(errors).toEqual([])
    const wake = fetchWake(new URL(url))
    const lost: Wake = { channelName: 'c', promptId: 'p', reason: 'prompt' }
    await expect(wake(lost)).rejects.toMatchObject({ code: 'not_allowed' })
    await expect(wake(lost)).rejects.toMatchObject({ code: 'invalid_argument' })
  } finally {
    server.close()
  }
})
