import { createHmac } from 'node:crypto'
import { expect, test } from 'vitest'
import {
  answerMissed,
  answerPrompt,
  promptRoute,
  type Prompt,
  type PromptHandler,
  type RejoinError,
  type ResponseRow,
} from '../index.ts'
import { useBench } from '../../test/agentBench.ts'

const bench = useBench()

/** A token as an application's server signs it. */
function jwt(clientId: string, role: string): string {
  const [name, secret] = bench.server.key.split(':') as [string, string]
  const seconds = Math.floor(Date.now() / 1000)
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const answers = { iat: seconds, exp: seconds + 600, 'x-ably-clientId': clientId, 'ably.channel.*': role }
  const signed = `${part({ typ: 'JWT', alg: 'HS256', kid: name })}.${part(answers)}`
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`
}

const person = (clientId: string, role: string, channelName: string) =>
  bench.client({ key: undefined as never, clientId, token: jwt(clientId, role) }).channels.get(channelName)

test('knows who asks and who decides, and in which role', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const agent = bench.agent({ channelName })
  const ignored: RejoinError[] = []
  agent.on('error', (error) => ignored.push(error))
  const prompts: Prompt[] = []
  agent.onPrompt(async (prompt, response) => {
    prompts.push(prompt)
    const call = { toolCallId: 't', name: 'refund', arguments: { amount: 100 } }
    const decision = await response.approval(call, { allow: ({ userClaim }) => userClaim === 'manager' })
    response.append(`${decision.approved ? 'yes' : 'no'}, says ${decision.clientId}`)
  })
  await agent.ready
  const user = person('ann', 'customer', channelName)
  await user.publish('user-input', { promptId: 'q', text: 'my money back' })
  await reader.until(() => reader.messages.some(({ name }) => name === 'approval-request'))
  const approve = { name: 'approval-response', data: { decision: 'approved' } }
  // A role that one gives oneself is none.
  const forged = { headers: { toolCallId: 't' }, userClaim: 'manager' }
  await user.publish({ ...approve, extras: forged }).catch(() => {})
  await user.publish({ ...approve, extras: { headers: { toolCallId: 't' } } })
  await person('bob', 'manager', channelName).publish({
    ...approve,
    extras: { headers: { toolCallId: 't' } },
  })
  await reader.until(() => reader.messages.some(({ name }) => name === 'response-end'))
  const { responseId } = reader.messages.at(-1)!.extras.headers
  expect(reader.text(responseId)).toBe('yes, says bob')
  expect(prompts[0]).toMatchObject({ clientId: 'ann', userClaim: 'customer' })
  expect(ignored.length).toBeGreaterThan(0)
  expect(ignored.every(({ code }) => code === 'not_allowed')).toBe(true)
  await agent.close()
})

test('is present while it answers, and leaves when it is done', async () => {
  const channelName = bench.channelName()
  const { presence } = (await bench.reader(channelName)).channel
  const events: string[] = []
  await presence.subscribe((member) => void events.push(`${member.action} ${JSON.stringify(member.data)}`))
  {
    await using agent = bench.agent({ channelName, presence: { model: 'm1' } })
    await using response = agent.respond()
    response.append('Hello')
    await agent.present({ model: 'm2' })
  }
  await bench.until(() => events.length === 3)
  expect(events[0]).toMatch(/^(enter|present) {"role":"agent","model":"m1"}$/)
  expect(events[1]).toBe('update {"role":"agent","model":"m2"}')
  expect(events[2]).toMatch(/^leave/)

  const successor = bench.agent({ channelName })
  successor.respond().append('x')
  await bench.until(() => events.length === 4)
  await successor.close({ handOver: true })
  await bench.settle()
  expect(events).toHaveLength(4)
})

test('stays present for an agent beside it that is not done', async () => {
  const channelName = bench.channelName()
  const { presence } = (await bench.reader(channelName)).channel
  const members = async () => (await presence.get()).map(({ data }) => data as unknown)
  const client = bench.client({ echoMessages: false })
  const first = bench.agent({ client, channelName, presence: { model: 'm1' } })
  const second = bench.agent({ client, channelName, presence: { model: 'm2' } })
  for (const agent of [first, second]) {
    const response = agent.respond()
    response.append('Hello')
    await response.flush()
  }
  await second.close()
  await expect.poll(members).toEqual([{ role: 'agent', model: 'm1' }])
  await first.close()
  await expect.poll(members).toEqual([])
})

test('leaves when it is closed, also while a handler does not heed its signal', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const agent = bench.agent({ channelName })
  let release = () => {}
  agent.onPrompt(async (_, response) => {
    response.append('Hello')
    await new Promise<void>((resolve) => (release = resolve))
  })
  await agent.ready
  await reader.channel.publish('user-input', { promptId: 'q', text: 'x' })
  await reader.until(() => reader.messages.some(({ name }) => name === 'response'))
  const closed = agent.close()
  await expect.poll(() => reader.channel.presence.get()).toEqual([])
  release()
  await closed
})

test('says that it is not present, when it cannot or shall not be', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const nameless = bench.client({ clientId: undefined as never })
  for (const options of [{ client: nameless }, { presence: false as const }, {}]) {
    const agent = bench.agent({ channelName, ...options })
    agent.onPrompt(() => {})
    await agent.ready
    await bench.settle()
    const response = agent.respond()
    response.append('x')
    await response.end()
    await agent.close()
  }
  const created = reader.messages.filter(
    ({ name, action }) => name === 'response' && action === 'message.create',
  )
  expect(created.map(({ extras }) => extras.headers.presence)).toEqual(['none', 'none', undefined])
})

test('a client whose token is for any clientId is anonymous in its rows, after a restart and for wakes', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const rows: ResponseRow[] = []
  const options = () => ({
    client: bench.client({ key: undefined as never, clientId: undefined, token: jwt('*', 'agent') }),
    handler: ((_, response) => response.append('well')) as PromptHandler,
    onComplete: (row: ResponseRow) => void rows.push(row),
    endOnExit: false,
  })
  await reader.channel.publish('user-input', { promptId: 'q', text: 'q' })
  expect(await answerPrompt({ ...options(), channelName, promptId: 'q' })).toMatchObject({
    status: 'answered',
  })
  const [{ id: responseId }] = rows as [ResponseRow]
  expect(rows[0]).not.toHaveProperty('clientId')
  expect(await answerMissed({ ...options(), channelName })).toEqual([])
  const body = JSON.stringify({ channelName, responseId })
  const reply = await promptRoute(options())(new Request('http://agent.test', { method: 'POST', body }))
  expect(await reply.json()).toMatchObject([{ promptId: 'q', status: 'answered-before' }])
})
