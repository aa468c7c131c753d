import { expect, test } from 'vitest'
import { createSession, type PromptRow } from '@rejoin/core'
import { ask, historyReader, type Reader, useBench } from '../../test/agentBench.ts'
import {
  answerMissed,
  answerPrompt,
  memoryClaims,
  type AnswerPromptOptions,
  type PromptHandler,
  type ResponseRow,
} from '../index.ts'

const bench = useBench()

const echo: PromptHandler = (prompt, response) => response.append(`An answer to ${prompt.text}.`)

/** A process of its own: its client, and its call. */
function call(channelName: string, options: Partial<AnswerPromptOptions> = {}) {
  return answerPrompt({
    client: bench.client({ clientId: 'agent', echoMessages: false }),
    channelName,
    promptId: 'q',
    handler: echo,
    endOnExit: false,
    patience: 100,
    ...options,
  })
}

async function ends(reader: Reader): Promise<string[]> {
  const { messages } = await historyReader(reader.channel)
  return messages
    .filter(({ name }) => /^(response-end|stop|cancelled)$/.test(name!))
    .map(({ extras }) => extras.headers.promptId as string)
}

/** A process that dies in mid-answer. */
async function crash(channelName: string, options: Partial<AnswerPromptOptions> = {}): Promise<void> {
  const client = bench.client({ clientId: 'agent', echoMessages: false })
  await new Promise<void>((resolve) => {
    const handler: PromptHandler = async (_, response) => {
      response.append('Half ')
      await response.flush()
      client.connection.close()
      resolve()
      await new Promise(() => {})
    }
    void call(channelName, { client, handler, ...options })
  })
}

test('answers a prompt that came before any agent existed, once, and leaves', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  await ask(reader, 'q', 'this')
  const client = bench.client({ clientId: 'agent', echoMessages: false })
  const rows: ResponseRow[] = []
  const onComplete = (row: ResponseRow) => void rows.push(row)
  const first = await call(channelName, { client, onComplete })
  expect(first).toMatchObject({ status: 'answered', result: { status: 'complete', stored: true } })
  expect(client.channels.get(channelName).state).toBe('detached')
  expect(await reader.channel.presence.get()).toEqual([])
  for (const again of [client, undefined])
    expect(await call(channelName, { onComplete, ...(again && { client: again }) })).toEqual({
      status: 'answered-before',
      responseId: rows[0]!.id,
    })
  expect(rows.map(({ text }) => text)).toContain('An answer to this.')
  expect(new Set(rows.map(({ id }) => id)).size).toBe(1)
  expect(await ends(reader)).toEqual(['q'])
})

test('knows what was answered since the channel was attached, and leaves it attached', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const client = bench.client({ clientId: 'agent', echoMessages: false })
  await client.channels.get(channelName).attach()
  await ask(reader, 'q')
  expect(await call(channelName, { client })).toMatchObject({ status: 'answered' })
  expect(await call(channelName, { client })).toMatchObject({ status: 'answered-before' })
  expect(client.channels.get(channelName).state).toBe('attached')
})

test('knows a prompt that was published again after its answer', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  await ask(reader, 'q')
  await call(channelName)
  await ask(reader, 'q')
  expect(await call(channelName)).toMatchObject({ status: 'answered-before' })
})

test.each(['one client', 'two clients'])('answers once when called twice at once (%s)', async (clients) => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  await ask(reader, 'q')
  const claims = memoryClaims()
  const client = bench.client({ clientId: 'agent', echoMessages: false })
  const handler: PromptHandler = async (prompt, response) => {
    response.append('x')
    await bench.settle()
    await echo(prompt, response)
  }
  const options = { claims, handler, ...(clients === 'one client' && { client }) }
  const outcomes = await Promise.all([call(channelName, options), call(channelName, options)])
  expect(outcomes.map(({ status }) => status).sort()).toEqual(['answered', 'claimed'])
  expect(await call(channelName, options)).toMatchObject({ status: 'answered-before' })
  expect(await ends(reader)).toEqual(['q'])
})

test('waits for a prompt that is on its way, and not for ever', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const client = bench.client({ clientId: 'agent', echoMessages: false })
  const answer = call(channelName, { client, patience: 60_000 })
  await client.channels.get(channelName).whenState('attached')
  await ask(reader, 'another')
  await ask(reader, 'q')
  expect(await answer).toMatchObject({ status: 'answered' })
  expect(await call(channelName, { promptId: 'never' })).toEqual({ status: 'not-found' })
  expect(await ends(reader)).toEqual(['q'])
})

test.each([undefined, memoryClaims()])(
  'never begins what was cancelled before (claims: %j)',
  async (claims) => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    await ask(reader, 'q')
    await reader.channel.publish({ name: 'cancel', extras: { headers: { promptId: 'q' } } })
    const asked: string[] = []
    const handler: PromptHandler = ({ id }) => void asked.push(id)
    const outcome = await call(channelName, { handler, ...(claims && { claims }) })
    expect(outcome).toMatchObject({ status: 'stopped', result: { status: 'stopped' } })
    expect(asked).toEqual([])
    expect(await ends(reader)).toEqual(['q'])
  },
)

test.each([
  ['resume', 'answered', 'complete', 'Half and half.'],
  ['mark', 'failed', 'error', 'Half '],
] as const)('after a crash: %s', async (interrupted, status, end, text) => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  await ask(reader, 'q')
  await crash(channelName)
  const rows: ResponseRow[] = []
  const outcome = await call(channelName, {
    interrupted,
    handler: (_, response) => response.append('and half.'),
    onComplete: (row) => void rows.push(row),
  })
  expect(outcome).toMatchObject({ status })
  expect(rows).toMatchObject([{ status: end, text }])
  const begun = reader.messages.find(({ name }) => name === 'start')!
  expect(rows[0]!.id).toBe(begun.extras.headers.responseId)
})

test('after a crash: restart withdraws what there was and answers anew', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  await ask(reader, 'q')
  await crash(channelName)
  const rows: ResponseRow[] = []
  const onComplete = (row: ResponseRow) => void rows.push(row)
  expect(await call(channelName, { interrupted: 'restart', onComplete })).toMatchObject({
    status: 'answered',
  })
  expect(rows).toMatchObject([{ text: 'An answer to q.', status: 'complete' }])
  const session = createSession({ client: bench.client({ clientId: 'late' }), channelName })
  await session.ready
  const { messages } = session.getSnapshot()
  expect(messages).toMatchObject([{ role: 'user' }, { role: 'assistant', id: rows[0]!.id }])
  expect(session.getResponse(rows[0]!.id)).toMatchObject({ text: 'An answer to q.', verified: true })
  session.close()
  expect(await call(channelName)).toMatchObject({ status: 'answered-before' })
  const client = bench.client({ clientId: 'agent', echoMessages: false })
  expect(await answerMissed({ client, channelName, handler: echo, endOnExit: false })).toEqual([])
})

test('remembers what the channel no longer has', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  await ask(reader, 'q')
  const old: PromptRow = { id: 'old', role: 'user', text: 'Long ago', createdAt: 1 }
  const load = async () => ({ rows: [old] })
  const seen: string[] = []
  const handler: PromptHandler = async (prompt, response) => {
    const { messages } = await prompt.conversation()
    for (const message of messages) if (message.role === 'user') seen.push(message.text)
    response.append('ok')
  }
  expect(await call(channelName, { load, handler })).toMatchObject({ status: 'answered' })
  expect(seen).toEqual(['Long ago', 'q'])
})

test('after a crash, with claims: answers anew once the claim has lapsed', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  await ask(reader, 'q')
  const clock = { now: 0 }
  // A process that crashes gives nothing up.
  const { release: _, ...claims } = memoryClaims({ now: () => clock.now })
  await crash(channelName, { claims })
  expect(await call(channelName, { claims })).toMatchObject({
    status: 'claimed',
    responseId: expect.any(String) as string,
  })
  clock.now = 30_001
  const rows: ResponseRow[] = []
  const outcome = await call(channelName, { claims, onComplete: (row) => void rows.push(row) })
  expect(outcome).toMatchObject({ status: 'answered' })
  expect(rows).toMatchObject([{ text: 'An answer to q.', status: 'complete' }])
})

test('stores what was complete on the channel and not in the database', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  await ask(reader, 'q')
  const refused = Object.assign(new Error('no'), { code: '23505' })
  const refuse = () => {
    throw refused
  }
  expect(await call(channelName, { onComplete: refuse })).toMatchObject({ result: { stored: false } })
  const rows: ResponseRow[] = []
  expect(await call(channelName, { onComplete: (row) => void rows.push(row) })).toMatchObject({
    status: 'answered-before',
  })
  expect(rows).toMatchObject([{ text: 'An answer to q.' }])
})

test('a signal stops it, and what the handler throws is told', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  for (const promptId of ['q', 'r']) await ask(reader, promptId)
  const stopping = new AbortController()
  const handler: PromptHandler = async (_, response) => {
    const stopped = new Promise((resolve) => response.signal.addEventListener('abort', resolve))
    response.append('x')
    stopping.abort()
    await stopped
  }
  expect(await call(channelName, { handler, signal: stopping.signal })).toMatchObject({ status: 'stopped' })
  await expect(call(channelName, { signal: stopping.signal })).rejects.toThrow(/abort/)
  const errors: string[] = []
  const broken = () => {
    throw new Error('the model is out')
  }
  const outcome = await call(channelName, {
    promptId: 'r',
    handler: broken,
    onError: ({ message }) => errors.push(message),
  })
  expect(outcome).toMatchObject({ status: 'failed' })
  expect(errors.join()).toMatch(/the model is out/)
})

test('answerMissed answers what nobody has answered, oldest first', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  for (const promptId of ['a', 'q', 'b']) await ask(reader, promptId)
  await call(channelName)
  const client = bench.client({ clientId: 'agent', echoMessages: false })
  const sweep = () => answerMissed({ client, channelName, handler: echo, endOnExit: false })
  expect((await sweep()).map(({ promptId, outcome }) => `${promptId} ${outcome.status}`)).toEqual([
    'a answered',
    'b answered',
  ])
  expect(await sweep()).toEqual([])
})

test('an allowCancel that throws lets nobody stop anything, and is told', async () => {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  await ask(reader, 'q')
  await reader.channel.publish({ name: 'cancel', extras: { headers: { promptId: 'q' } } })
  const allowCancel = () => {
    throw new Error('who is this?')
  }
  const errors: string[] = []
  const onError = ({ message }: Error) => void errors.push(message)
  const claims = memoryClaims({ now: () => 0 })
  expect(await call(channelName, { allowCancel, onError, claims })).toMatchObject({ status: 'answered' })
  // The claim is settled: what became of the prompt is looked up on the channel.
  expect(await call(channelName, { allowCancel, onError, claims })).toMatchObject({
    status: 'answered-before',
  })
  expect(errors.join()).toMatch(/call allowCancel; who is this/)
})
