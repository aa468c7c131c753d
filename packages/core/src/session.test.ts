import type { RealtimeChannel } from 'ably'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { until, Wire } from '../test/wire.ts'
import { createAgent } from './agent/index.ts'
import { history, rewind, seed } from './index.ts'
import type { Row } from './index.ts'

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start({ connectionStateTtl: 1_000 })
})
afterEach(() => wire.release())
afterAll(() => wire.close())

const words = 'The quick brown fox jumps over the lazy dog. '.split(/(?<= )/)
const headers = { responseId: 'r' }

/** Agents as any language writes them: plain SDK calls, no stamps. */
async function tokens(channel: RealtimeChannel, list: string[], responseId = 'r') {
  for (const data of list) await channel.publish({ name: 'token', data, extras: { headers: { responseId } } })
}

async function createMessage(channel: RealtimeChannel, data = '') {
  const { serials } = await channel.publish({ name: 'response', data, extras: { headers } })
  return serials[0]!
}

for (const [way, hydrate] of [
  ['history', () => history({ limit: 3 })],
  ['rewind', () => rewind('2m')],
  ['rewind that begins in the middle', () => rewind(2)],
] as const) {
  describe(way, () => {
    test('per token: joined in the middle, whole at once, and live from there', async () => {
      const name = wire.channelName()
      const agent = wire.client({ clientId: 'agent' }).channels.get(name)
      await agent.publish({ name: 'start', extras: { headers } })
      await tokens(agent, words)
      const session = wire.session(name, { hydrate: hydrate() })
      await session.ready
      expect(session.getResponse('r')).toMatchObject({
        text: words.join(''),
        hasGap: false,
        status: 'streaming',
      })
      await tokens(agent, words)
      await agent.publish({ name: 'stop', extras: { headers } })
      await until('the end', () => session.getResponse('r')?.status === 'complete')
      expect(session.getResponse('r')).toMatchObject({ text: words.join('') + words.join(''), hasGap: false })
      expect(session.getSnapshot()).toMatchObject({
        status: 'live',
        messages: [{ id: 'r', role: 'assistant' }],
      })
    })

    test('per response: joined in the middle, whole at once, and live from there', async () => {
      const name = wire.channelName()
      const agent = wire.client({ clientId: 'agent' }).channels.get(name)
      const serial = await createMessage(agent, 'Hello ')
      for (const data of words) void agent.appendMessage({ serial, data })
      await agent.appendMessage({ serial, data: '' })
      const session = wire.session(name, { hydrate: hydrate() })
      await session.ready
      expect(session.getResponse('r')).toMatchObject({ text: `Hello ${words.join('')}`, hasGap: false })
      await agent.appendMessage({ serial, data: 'End.' }, { metadata: { phase: 'done' } })
      await until('the end', () => session.getResponse('r')?.status === 'complete')
      expect(session.getResponse('r')?.text).toBe(`Hello ${words.join('')}End.`)
    })
  })
}

describe('live', () => {
  test('tokens arrive while history is read', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    await agent.publish({ name: 'start', extras: { headers } })
    await tokens(agent, words)
    wire.server.faults.delay({ on: 'delivery', ms: 0 })
    const session = wire.session(name, { hydrate: history({ limit: 2 }) })
    const streaming = (async () => {
      for (let i = 0; i < 5; i++) await tokens(agent, words)
    })()
    await session.ready
    await streaming
    const truth = words.join('').repeat(6)
    await until('all tokens', () => session.getResponse('r')?.text.length === truth.length)
    expect(session.getResponse('r')).toMatchObject({ text: truth, hasGap: false })
  })

  test('law 6 and law 7: one notification for the past, and none for another response', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    await tokens(agent, words, 'a')
    await tokens(agent, words, 'b')
    const session = wire.session(name, { hydrate: history({ limit: 2 }) })
    const told = { list: 0, a: 0, b: 0 }
    session.subscribeResponse('a', () => told.a++)
    session.subscribeResponse('b', () => told.b++)
    await session.ready
    expect(told).toMatchObject({ a: 1, b: 1 })
    await tokens(agent, ['more'], 'a')
    await until('more', () => session.getResponse('a')?.text.endsWith('more'))
    expect(told).toMatchObject({ a: 2, b: 1 })
  })

  test('prompts: shown at once, sent, and seen by others with the verified clientId', async () => {
    const name = wire.channelName()
    const other = wire.session(name)
    const session = wire.session(name, { clientOptions: { clientId: 'me' } })
    await Promise.all([session.ready, other.ready])
    const sending = session.sendMessage({ text: 'Hi there' })
    const { id } = session.getSnapshot().messages[0]!
    expect(session.getPrompt(id)).toMatchObject({ text: 'Hi there', delivery: 'sending' })
    expect(await sending).toBe(id)
    expect(session.getPrompt(id)).toMatchObject({ delivery: 'sent', clientId: 'me' })
    const seen = await until('the prompt', () => other.getPrompt(id))
    expect(seen).toMatchObject({ text: 'Hi there', clientId: 'me', delivery: 'sent' })
    await until('the list', () => other.getSnapshot().messages.length === 1)
  })

  test('a prompt that is refused says so, and can be sent again', async () => {
    const name = wire.channelName()
    const session = wire.session(name)
    await session.ready
    const remove = wire.server.faults.refuse()
    await expect(session.sendMessage({ promptId: 'p', text: 'Hi' })).rejects.toMatchObject({
      code: 'rate_limited',
    })
    expect(session.getPrompt('p')).toMatchObject({ delivery: 'failed', error: { code: 'rate_limited' } })
    remove()
    await session.retryMessage('p')
    expect(session.getPrompt('p')).toMatchObject({ delivery: 'sent', error: undefined })
  })

  test('a message that cannot be read is skipped and reported once', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    const session = wire.session(name)
    await session.ready
    const errors: Error[] = []
    session.on('error', (error) => errors.push(error))
    for (let i = 0; i < 3; i++) await agent.publish({ name: 'token', data: { odd: i }, extras: { headers } })
    await agent.publish('no-such-name', 'x')
    await tokens(agent, ['fine'])
    await until('the token', () => session.getResponse('r')?.text === 'fine')
    expect(errors.map((e) => e.message)).toEqual([
      'unable to read a message named "token"; its data is not text. It was skipped',
    ])
  })
})

describe('continuity', () => {
  test('a short drop resumes; a long one is refilled without emptying the screen', async () => {
    for (const long of [false, true]) {
      const name = wire.channelName()
      const agent = wire.client({ clientId: 'agent' }).channels.get(name)
      const session = wire.session(name)
      await session.ready
      await agent.publish({ name: 'start', extras: { headers } })
      await tokens(agent, words)
      await until('the first half', () => session.getResponse('r')?.text === words.join(''))
      let shortest = Infinity
      session.subscribeResponse(
        'r',
        () => (shortest = Math.min(shortest, session.getResponse('r')!.text.length)),
      )
      const discontinuities: unknown[] = []
      session.on('discontinuity', (event) => discontinuities.push(event))
      wire.server.faults.drop({ match: { clientId: 'reader' }, refuseFor: long ? 1_600 : 200, forget: long })
      if (long) wire.server.faults.forget({ channel: name })
      await tokens(agent, words)
      await agent.publish({ name: 'stop', extras: { headers } })
      await until('the end', () => session.getResponse('r')?.status === 'complete')
      await until('the whole', () => session.getResponse('r')?.text === words.join('').repeat(2))
      expect(session.getResponse('r')).toMatchObject({ hasGap: false })
      expect(shortest).toBeGreaterThanOrEqual(words.join('').length)
      if (long) expect(discontinuities.length).toBeGreaterThan(0)
      wire.release()
    }
  })

  test('lost continuity in the middle of both patterns at once', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    const session = wire.session(name, { hydrate: history({ limit: 2 }) })
    await session.ready
    const serial = await createMessage(agent)
    void agent.appendMessage({ serial, data: 'one ' })
    await tokens(agent, words, 't')
    await until('the first', () => session.getResponse('t')?.text === words.join(''))
    wire.server.faults.lose({ on: 'delivery', match: { channel: name, clientId: 'reader' } })
    await agent.appendMessage({ serial, data: 'two ' })
    await tokens(agent, words, 't')
    // What is lost is lost when its frame is written, which may be after the publisher's ACK.
    await new Promise((resolve) => setTimeout(resolve, 100))
    wire.server.faults.clear()
    wire.server.faults.discontinue({ match: { channel: name } })
    await agent.appendMessage({ serial, data: 'three' })
    await tokens(agent, words, 't')
    await until(
      'both',
      () =>
        session.getResponse('r')?.text === 'one two three' &&
        session.getResponse('t')?.text === words.join('').repeat(3),
    )
    await until('no gap', () => !session.getResponse('t')?.hasGap)
  })

  test('a second session on the same channel, attached already', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    const client = wire.client({ clientId: 'both' })
    const channel = client.channels.get(name)
    await channel.attach()
    const serial = await createMessage(agent)
    await agent.appendMessage({ serial, data: 'Hello ' })
    await tokens(agent, words, 't')
    const session = wire.session(name, { client, channelName: name })
    await session.ready
    await agent.appendMessage({ serial, data: 'world' })
    await until('the text', () => session.getResponse('r')?.text === 'Hello world')
    expect(session.getResponse('t')).toMatchObject({ text: words.join(''), hasGap: false })
  })
})

describe('seed', () => {
  const rows: Row[] = [
    { id: 'p1', role: 'user', text: 'Question', createdAt: 1 },
    { id: 'r1', role: 'assistant', text: 'Answer', createdAt: 2 },
  ]
  test('rows first, then what is in progress, nothing twice', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    await tokens(agent, ['Ans', 'wer'], 'r1')
    await agent.publish({ name: 'start', extras: { headers } })
    await tokens(agent, words)
    const session = wire.session(name, { hydrate: seed({ limit: 4, load: async () => ({ rows }) }) })
    await session.ready
    expect(session.getSnapshot().messages.map((m) => m.id)).toEqual(['p1', 'r1', 'r'])
    expect(session.getResponse('r1')).toMatchObject({ text: 'Answer', status: 'complete' })
    expect(session.getResponse('r')).toMatchObject({
      text: words.join(''),
      status: 'streaming',
      hasGap: false,
    })
  })

  test('a database that does not answer: a clear error, and the channel still shows', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    await tokens(agent, words)
    const session = wire.session(name, {
      hydrate: seed({ load: () => Promise.reject(new Error('connect ECONNREFUSED')) }),
    })
    await expect(session.ready).rejects.toMatchObject({
      code: 'hydration_failed',
      message: expect.stringContaining('ECONNREFUSED'),
    })
    expect(session.getResponse('r')?.text).toBe(words.join(''))
    expect(session.getSnapshot()).toMatchObject({ status: 'live', error: { code: 'hydration_failed' } })
  })

  test('loadOlder pages the rows behind a stable list', async () => {
    const name = wire.channelName()
    const page = (n: number): Row[] => [{ id: `r${n}`, role: 'assistant', text: `Answer ${n}`, createdAt: n }]
    const session = wire.session(name, {
      hydrate: seed({
        load: async (cursor) => ({
          rows: page(Number(cursor ?? 3)),
          cursor: cursor === '1' ? undefined : String(Number(cursor ?? 3) - 1),
        }),
      }),
    })
    await session.ready
    expect(session.getSnapshot()).toMatchObject({ messages: [{ id: 'r3' }], hasOlder: true })
    await session.loadOlder()
    await session.loadOlder()
    expect(session.getSnapshot()).toMatchObject({
      messages: [{ id: 'r1' }, { id: 'r2' }, { id: 'r3' }],
      hasOlder: false,
    })
  })
})

describe('presence', () => {
  test('an agent that dies leaves its response interrupted, also for who comes later; one that goes on resumes it', async () => {
    const name = wire.channelName()
    const client = wire.client({ clientId: 'agent', transportParams: { remainPresentFor: 1_000 } })
    const agent = createAgent({ client, channelName: name })
    const session = wire.session(name)
    await session.ready
    const response = agent.respond({ responseId: 'r' })
    response.append('Hello ')
    await until('the text', () => session.getResponse('r')?.text === 'Hello ')
    await until('the agent', () => session.getSnapshot().agents.some((a) => a.clientId === 'agent'))
    wire.server.faults.drop({ match: { clientId: 'agent' }, refuseFor: 2_500 })
    await until('the interruption', () => session.getResponse('r')?.status === 'interrupted')
    expect(session.getSnapshot().agents).toEqual([])
    const late = wire.session(name)
    await late.ready
    await until('the same for who comes later', () => late.getResponse('r')?.status === 'interrupted')
    response.append('world')
    await until('it goes on', () => session.getResponse('r')?.text === 'Hello world')
    await response.end()
    await until('the end', () => session.getResponse('r')?.status === 'complete')
    expect(session.getResponse('r')).toMatchObject({ text: 'Hello world', hasGap: false, verified: true })
    await agent.close()
  })

  test('an agent that cannot be present is not taken for dead', async () => {
    const name = wire.channelName()
    const agent = createAgent({
      client: wire.client({ clientId: 'agent' }),
      channelName: name,
      presence: false,
    })
    const session = wire.session(name)
    await session.ready
    const response = agent.respond({ responseId: 'r' })
    response.append('Hello')
    await until('the text', () => session.getResponse('r')?.text === 'Hello')
    await wire.client({ clientId: 'someone' }).channels.get(name).presence.enter()
    await until('someone', () => session.getSnapshot().users.length === 1)
    expect(session.getResponse('r')?.status).toBe('streaming')
    await response.end()
    await agent.close()
  })
})

describe('errors', () => {
  test('no capability: ready rejects with code and cure, once', async () => {
    const limited = await Wire.start({ keys: [{ key: 'app.k:s', capability: { other: ['subscribe'] } }] })
    try {
      const session = limited.session('ai:x')
      await expect(session.ready).rejects.toMatchObject({
        code: 'not_allowed',
        message: expect.stringContaining('capability'),
      })
      expect(session.getSnapshot()).toMatchObject({ status: 'failed', error: { code: 'not_allowed' } })
    } finally {
      await limited.close()
    }
  })
})
