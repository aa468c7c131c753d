import type { RealtimeChannel } from 'ably'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { until, Wire } from '../../test/wire/wire.ts'
import { createAgent } from '@rejoin/agent'
import { testPatience } from '../../test/patience.ts'
import { history, rewind, seed } from '../index.ts'
import type { Row } from '../index.ts'

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

  test('a schedule that flushes at once', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    const session = wire.session(name, {
      schedule: (flush) => {
        flush()
        return () => {}
      },
    })
    await session.ready
    const seen: string[] = []
    session.subscribeResponse('r', () => seen.push(session.getResponse('r')!.text))
    await tokens(agent, ['a', 'b', 'c'])
    await until('each token', () => seen.length === 3)
    expect(seen).toEqual(['a', 'ab', 'abc'])
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
    await wire.delivered()
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

describe('older messages', () => {
  test('paged behind a stable list while a response streams, then from the app’s own store', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    for (let i = 1; i <= 6; i++) {
      const id = { extras: { headers: { responseId: `r${i}` } } }
      await agent.publish({ name: 'start', ...id })
      await tokens(agent, words, `r${i}`)
      await agent.publish({ name: 'stop', ...id })
    }
    await agent.publish({ name: 'start', extras: { headers } })
    const stored: Row[] = [{ id: 'r0', role: 'assistant', text: 'From the database', createdAt: 1 }]
    const session = wire.session(name, {
      hydrate: history({ limit: 15, older: async () => ({ rows: stored }) }),
    })
    await session.ready
    const ids = () => session.getSnapshot().messages.map((m) => m.id)
    const lists: string[][] = [ids()]
    session.subscribe(() => lists.push(ids()))
    const streaming = new AbortController()
    const stream = (async () => {
      while (!streaming.signal.aborted) await tokens(agent, words)
    })()
    let calls = 0
    while (session.getSnapshot().hasOlder && calls++ < 20) await session.loadOlder()
    streaming.abort()
    await stream
    expect(ids()).toEqual(['r0', 'r1', 'r2', 'r3', 'r4', 'r5', 'r6', 'r'])
    // Each list ends as the one before it ended: nothing moves but at the top.
    lists.reduce((before, after) => {
      expect(after.slice(-before.length)).toEqual(before)
      return after
    })
    for (let i = 1; i <= 6; i++)
      expect(session.getResponse(`r${i}`)).toMatchObject({
        text: words.join(''),
        hasGap: false,
        status: 'complete',
      })
    await until('the stream', () => {
      const { text } = session.getResponse('r')!
      return text.length % words.join('').length === 0 && text.length > 0
    })
    expect(session.getResponse('r')?.hasGap).toBe(false)
  })
})

describe('what a user does', () => {
  test('regenerate asks again with the prompt of a response', async () => {
    const name = wire.channelName()
    const session = wire.session(name)
    await session.ready
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    const seen: unknown[] = []
    await agent.subscribe('user-input', (message) => void seen.push(message.data))
    const promptId = await session.sendMessage({ text: 'Why?' })
    await agent.publish({
      name: 'agent-response',
      data: 'Because.',
      extras: { headers: { responseId: 'r', promptId } },
    })
    await until('the answer', () => session.getResponse('r')?.status === 'complete')
    const again = await session.regenerate('r')
    await until('the prompt again', () => seen.length === 2)
    expect(seen[1]).toEqual({ promptId: again, text: 'Why?', regenerate: 'r', replaces: promptId })
    expect(session.getPrompt(again)).toMatchObject({ replaces: promptId, delivery: 'sent' })
    const other = wire.session(name)
    await other.ready
    expect(other.getPrompt(again)).toMatchObject({ replaces: promptId })
    await expect(session.regenerate('unknown')).rejects.toMatchObject({ code: 'invalid_argument' })
  })

  test('reasoning on demand, from a channel of its own', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' })
    const session = wire.session(name)
    await session.ready
    const reasoning = agent.channels.get(`${name}:r`)
    await reasoning.publish({ name: 'start' })
    await reasoning.publish({ name: 'reasoning', data: 'First this, ' })
    const opened = session.openReasoning('r')
    await opened.ready
    await reasoning.publish({ name: 'reasoning', data: 'then that.' })
    const id = `${name}:r`
    await until(
      'the reasoning',
      () =>
        opened.getResponse(id)?.parts[0]?.type === 'reasoning' &&
        (opened.getResponse(id)!.parts[0] as { text: string }).text === 'First this, then that.',
    )
    opened.close()
    expect(session.getSnapshot().messages).toEqual([])
  })

  test('stop reaches the agent, from any device; a result and a decision too', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    const seen: [string | undefined, unknown, unknown][] = []
    await agent.subscribe((message) => void seen.push([message.name, message.data, message.extras?.headers]))
    await agent.publish({ name: 'start', extras: { headers } })
    for (const toolCallId of ['c', 'd'])
      await agent.publish({
        name: 'tool_call',
        data: { name: 'place', args: {}, client: true },
        extras: { headers: { ...headers, toolCallId } },
      })
    await agent.publish({
      name: 'approval-request',
      data: { name: 'pay', arguments: {} },
      extras: { headers: { ...headers, toolCallId: 'e' } },
    })
    const session = wire.session(name)
    await session.ready
    await session.stop()
    await session.addToolOutput({ responseId: 'r', toolCallId: 'c', tool: 'place', output: { city: 'Rome' } })
    await session.addToolOutput({ responseId: 'r', toolCallId: 'd', tool: 'place', errorText: 'refused' })
    await session.addToolApprovalResponse({ responseId: 'r', toolCallId: 'e', approved: false, reason: 'no' })
    await until('all of it', () => seen.length === 8)
    expect(seen.slice(4)).toEqual([
      ['cancel', undefined, { responseId: 'r' }],
      ['tool_result', { name: 'place', result: { city: 'Rome' } }, { responseId: 'r', toolCallId: 'c' }],
      ['tool_result', { name: 'place', error: 'refused' }, { responseId: 'r', toolCallId: 'd' }],
      ['approval-response', { decision: 'rejected', reason: 'no' }, { responseId: 'r', toolCallId: 'e' }],
    ])
    await until(
      'all on the response',
      () => (session.getResponse('r')?.parts[2] as { state?: string } | undefined)?.state === 'output-denied',
    )
    expect(session.getResponse('r')?.parts).toMatchObject([
      { toolCallId: 'c', state: 'output-available', output: { city: 'Rome' } },
      { toolCallId: 'd', state: 'output-error', errorText: 'refused' },
      {
        toolCallId: 'e',
        state: 'output-denied',
        approval: { approved: false, reason: 'no', clientId: 'reader' },
      },
    ])
  })
})

describe('channels as apps have them', () => {
  test('a channel that exists with other options: what a rewind would bring, history brings', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    await tokens(agent, words)
    const client = wire.client({ clientId: 'reader' })
    await client.channels.get(name, { params: { rewind: '1' } }).attach()
    const session = wire.session(name, { client, channelName: name, hydrate: rewind('2m') })
    await session.ready
    expect(session.getResponse('r')).toMatchObject({ text: words.join(''), hasGap: false })
  })

  test('attachOnSubscribe: false, and a channel given instead of a client', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    await tokens(agent, words)
    const channel = wire.client({ clientId: 'reader' }).channels.get(name, { attachOnSubscribe: false })
    const session = wire.session(name, { client: undefined, channelName: undefined, channel })
    await session.ready
    expect(session.getResponse('r')).toMatchObject({ text: words.join(''), hasGap: false })
    expect(session.getSnapshot().status).toBe('live')
  })

  test('detached by the app and attached again: refilled, and nothing is taken away meanwhile', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    const channel = wire.client({ clientId: 'reader' }).channels.get(name)
    const session = wire.session(name, { client: undefined, channelName: undefined, channel })
    await session.ready
    await agent.publish({ name: 'start', extras: { headers } })
    await tokens(agent, words)
    await until('the first half', () => session.getResponse('r')?.text === words.join(''))
    await channel.detach()
    expect(session.getSnapshot().status).toBe('disconnected')
    expect(session.getResponse('r')?.text).toBe(words.join(''))
    await tokens(agent, words)
    await channel.attach()
    await until('the whole', () => session.getResponse('r')?.text === words.join('').repeat(2))
    expect(session.getResponse('r')?.hasGap).toBe(false)
  })

  test('a channel that fails says why, and keeps what it shows', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    const session = wire.session(name)
    await session.ready
    await tokens(agent, words)
    await until('the text', () => session.getResponse('r')?.text === words.join(''))
    wire.server.faults.fail({
      match: { channel: name, clientId: 'reader' },
      error: { code: 40160, statusCode: 401, message: 'Channel denied access' },
    })
    await until('the failure', () => session.getSnapshot().status === 'failed')
    expect(session.getSnapshot().error).toMatchObject({
      code: 'not_allowed',
      message: expect.stringContaining('capability'),
    })
    expect(session.getResponse('r')?.text).toBe(words.join(''))
  })

  test('two sessions of one page on one channel do not disturb each other', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    const client = wire.client({ clientId: 'reader' })
    const first = wire.session(name, { client, channelName: name })
    await first.ready
    await tokens(agent, words)
    const second = wire.session(name, { client, channelName: name })
    await second.ready
    await tokens(agent, words)
    for (const session of [first, second])
      await until('all of it', () => session.getResponse('r')?.text === words.join('').repeat(2))
    second.close()
    await tokens(agent, words)
    await until('more', () => first.getResponse('r')?.text === words.join('').repeat(3))
    expect(second.getSnapshot().status).toBe('closed')
  })

  test('an attach point that is too old for untilAttach (90008): plain history, merged by version', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    const serial = await createMessage(agent, 'Hello')
    await agent.appendMessage({ serial, data: ' world' })
    await tokens(agent, words, 't')
    wire.server.faults.refuse({
      on: 'history',
      times: 1,
      error: { code: 90008, statusCode: 400, message: 'attach point not found' },
    })
    const session = wire.session(name)
    await session.ready
    expect(session.getResponse('r')?.text).toBe('Hello world')
    expect(session.getResponse('t')).toMatchObject({ text: words.join(''), hasGap: false })
  })

  test('history that fails for good: live all the same, the beginning known to be missing, and the reason given', async () => {
    const name = wire.channelName()
    const agent = wire.client({ clientId: 'agent' }).channels.get(name)
    await tokens(agent, words)
    wire.server.faults.refuse({
      on: 'history',
      error: { code: 40160, statusCode: 401, message: 'no history capability' },
    })
    const session = wire.session(name)
    await expect(session.ready).rejects.toMatchObject({ code: 'not_allowed' })
    await tokens(agent, ['live'])
    const shown = await until('the live token', () => session.getResponse('r'))
    expect(shown).toMatchObject({
      text: 'live',
      hasGap: true,
      gaps: [{ from: 0, to: 0, missing: undefined }],
    })
    expect(session.getSnapshot()).toMatchObject({ status: 'live', hydration: 'failed' })
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
    const admit = wire.server.faults.drop({ match: { clientId: 'agent' }, refuseFor: testPatience })
    await until('the interruption', () => session.getResponse('r')?.status === 'interrupted')
    expect(session.getSnapshot().agents).toEqual([])
    const late = wire.session(name)
    await late.ready
    await until('the same for who comes later', () => late.getResponse('r')?.status === 'interrupted')
    response.append('world')
    admit()
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
