import type { PublishResult } from 'ably'
import { afterEach, describe, expect, test } from 'vitest'
import { DeliveryError, type Pattern, type RejoinError } from '../index.ts'
import { Bench, historyReader, useBench } from '../../test/agentBench.ts'

const bench = useBench({ namespaces: [{ id: 'ai', mutableMessages: true }, { id: 'plain' }] })
afterEach(() => bench.server.faults.clear())

const patterns: Pattern[] = ['message-per-response', 'message-per-token']
const words = 'When the line drops, the words still stand where they were meant to be. '
  .repeat(4)
  .split(/(?<= )/)
const turn = () => new Promise((resolve) => setImmediate(resolve))

/** An agent whose connection the faults can find. */
function setup(pattern: Pattern, options: Parameters<Bench['agent']>[0] = {}) {
  const channelName = bench.channelName()
  const clientId = `agent-${channelName}`
  const agent = bench.agent({ channelName, pattern, clientOptions: { clientId }, ...options })
  return { channelName, agent, match: { clientId } }
}

describe.each(patterns)('%s', (pattern) => {
  test.each([
    ['resumed', {}],
    ['replaced', { forget: true }],
  ])('survives a dropped connection that is %s', async (_, drop) => {
    const { channelName, agent, match } = setup(pattern)
    const reader = await bench.reader(channelName)
    const response = agent.respond()
    const sent = words.slice(0, 21).join('')
    for (const [index, word] of words.entries()) {
      response.append(word)
      // What was sent last is on the channel, but the agent does not learn of it.
      if (index === 20) bench.server.faults.lose({ on: 'ack', match, times: 3 })
      if (index === 24) await reader.until(() => reader.text(response.responseId).startsWith(sent))
      if (index === 25) bench.server.faults.drop({ match, ...drop })
      if (index % 4 === 0) await turn()
    }
    await response.end()
    await reader.until(() => reader.ended(response.responseId))
    expect(reader.text(response.responseId)).toBe(words.join(''))
    const later = await historyReader(reader.channel)
    expect(later.text(response.responseId)).toBe(words.join(''))
    expect(later.verified(response.responseId)).toBe(true)
  })

  test('counts what is never acknowledged as failed', async () => {
    const { channelName, agent } = setup(pattern, { publishTimeout: 50 })
    const reader = await bench.reader(channelName)
    const response = agent.respond()
    response.append('The first ')
    await response.flush()
    bench.server.faults.lose({ on: 'delivery', match: { action: 'ack' }, times: 1 })
    response.append('and the last.')
    const result = await response.end()
    expect(result.failures).toBeGreaterThan(0)
    await reader.until(() => reader.ended(response.responseId))
    expect(reader.text(response.responseId)).toBe('The first and the last.')
  })

  test('counts as failed the acknowledgement of what opens it, as often as it is lost', async () => {
    const { channelName, agent } = setup(pattern, { publishTimeout: 50 })
    const reader = await bench.reader(channelName)
    await agent.ready
    bench.server.faults.lose({ on: 'delivery', match: { action: 'ack' }, times: 4 })
    const response = agent.respond()
    for (const word of words) {
      response.append(word)
      // Each goes out by itself, so that its own acknowledgement is lost.
      await reader.until(() => reader.text(response.responseId) === response.text)
    }
    await response.end()
    await reader.until(() => reader.ended(response.responseId))
    const later = await historyReader(reader.channel)
    for (const one of [reader, later]) {
      expect(one.text(response.responseId)).toBe(words.join(''))
      expect(one.verified(response.responseId)).toBe(true)
    }
  })

  test('finds its way when messages may be smaller than it was told', async () => {
    const small = await Bench.start({ limits: { messageSize: 1500 } })
    try {
      const channelName = small.channelName()
      const reader = await small.reader(channelName)
      const agent = small.agent({ channelName, pattern })
      const response = agent.respond()
      const text = words.join('').repeat(20)
      for (const piece of text.match(/.{1,400}/gs)!) response.append(piece)
      await response.end()
      await reader.until(() => reader.ended(response.responseId))
      expect(reader.text(response.responseId)).toBe(text)
      expect(reader.verified(response.responseId)).toBe(true)
    } finally {
      await small.close()
    }
  })

  test('rejects with the text when the channel refuses for good', async () => {
    const { agent, match } = setup(pattern)
    const errors: RejoinError[] = []
    agent.on('error', (error) => errors.push(error))
    const response = agent.respond()
    response.append('Said ')
    await response.flush()
    bench.server.faults.refuse({ match, error: 40160 })
    response.append('in vain')
    const error = await response.end().then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(DeliveryError)
    expect(error).toMatchObject({ code: 'not_allowed', text: 'Said in vain', cause: { code: 40160 } })
    expect(errors).toContain(error)
  })

  test('gives up after a while', async () => {
    const { agent, match } = setup(pattern, { retry: { minDelay: 5, maxDelay: 20, giveUpAfter: 100 } })
    bench.server.faults.refuse({ match, error: 42911 })
    const response = agent.respond()
    response.append('Hello')
    await expect(response.end()).rejects.toMatchObject({ code: 'rate_limited', text: 'Hello' })
  })
})

test('names the rule that a namespace lacks', async () => {
  const agent = bench.agent({ channelName: 'plain:x' })
  const response = agent.respond()
  response.append('Hello')
  await response.flush()
  response.append(' you')
  await expect(response.end()).rejects.toMatchObject({ code: 'immutable_channel', text: 'Hello you' })
})

test('keeps to a rate that all responses of the connection share', async () => {
  const rate = 40
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const client = bench.client({ echoMessages: false })
  const channel = client.channels.get(channelName)
  const sent: { at: number; messages: number }[] = []
  const publish = channel.publish.bind(channel) as (...said: unknown[]) => Promise<PublishResult>
  channel.publish = (...said: unknown[]) => {
    sent.push({ at: Date.now(), messages: Array.isArray(said[0]) ? said[0].length : 1 })
    return publish(...said)
  }
  const agent = bench.agent({ client, channelName, pattern: 'message-per-token', messagesPerSecond: rate })
  const responses = [agent.respond(), agent.respond(), agent.respond()]
  for (const word of words) {
    for (const response of responses) response.append(word)
    await turn()
  }
  const results = await Promise.all(responses.map((response) => response.end()))
  expect(results.map(({ failures }) => failures)).toEqual([0, 0, 0])
  expect(sent.length).toBeGreaterThan(10)
  // Between any two publishes there are no more messages than the time in between allows, and the burst at once.
  for (const [i, first] of sent.entries()) {
    let messages = 0
    for (const { at, messages: more } of sent.slice(i)) {
      expect(messages).toBeLessThanOrEqual(rate / 5 + (rate * (at - first.at + 1)) / 1000)
      messages += more
    }
  }
  for (const { responseId } of responses) {
    await reader.until(() => reader.ended(responseId))
    expect(reader.text(responseId)).toBe(words.join(''))
  }
})

test('holds a model up that is faster than the network', async () => {
  const { channelName, agent, match } = setup('message-per-response', { highWaterMark: 1000 })
  const reader = await bench.reader(channelName)
  const response = agent.respond()
  response.append('x')
  await response.flush()
  const thaw = bench.server.faults.freeze({ match })
  let read = 0
  async function* model() {
    yield { type: 'text-start', id: 't' } as const
    for (; read < 1000; read++) yield { type: 'text-delta', id: 't', delta: '0123456789' } as const
    yield { type: 'finish', finishReason: 'stop' } as const
  }
  const piped = response.pipe(model())
  // The model waits for nobody: it has read all that it may once the event loop has turned.
  await bench.until(() => read > 50)
  await turn()
  expect(read).toBeLessThan(150)
  thaw()
  expect(await piped).toEqual({ finishReason: 'stop', aborted: false })
  await response.end()
  await reader.until(() => reader.ended(response.responseId))
  expect(reader.text(response.responseId)).toHaveLength(10_001)
})

test('gives up at once when the channel has failed', async () => {
  const { channelName, agent } = setup('message-per-response')
  agent.onPrompt(() => {})
  await agent.ready
  const response = agent.respond()
  response.append('Hello')
  await response.flush()
  bench.server.faults.fail({ match: { channel: channelName }, error: 40160 })
  await bench.settle()
  response.append(' you')
  await expect(response.end()).rejects.toMatchObject({ code: 'not_allowed', text: 'Hello you' })
})

test('says what cannot be sent', async () => {
  const { channelName, agent } = setup('message-per-response')
  const reader = await bench.reader(channelName)
  const errors: RejoinError[] = []
  agent.on('error', (error) => errors.push(error))
  const response = agent.respond()
  response.source({ url: `https://example.com/${'x'.repeat(100_000)}` })
  response.append('done')
  response.data('plain', '5')
  response.data('number', 5)
  const result = await response.end()
  expect(result.lost.map(({ code }) => code)).toEqual(['too_large'])
  expect(errors).toEqual(result.lost)
  await reader.until(() => reader.ended(response.responseId))
  const find = (name: string) => reader.messages.find((message) => message.name === name)?.data as unknown
  expect([find('data-plain'), find('data-number')]).toEqual(['5', 5])
  expect(() => agent.respond().data('bad', { n: 5n })).toThrow(/no JSON/)
})
