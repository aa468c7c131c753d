import { describe, expect, test } from 'vitest'
import { createAgent, type AgentOptions, type Pattern, type ResponseRow } from './index.ts'
import { historyReader, useBench } from '../test/agentBench.ts'

const bench = useBench()

const patterns: Pattern[] = ['message-per-response', 'message-per-token']
const words = 'The quick brown fox jumps over the lazy dog, then rests in the shade. '.split(/(?<= )/)

describe.each(patterns)('%s', (pattern) => {
  test('puts the text on the channel, whole and verified, and says that it is over', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agent = bench.agent({ channelName, pattern })
    const response = agent.respond({ promptId: 'q1' })
    for (const word of words) response.append(word)
    const result = await response.end()
    await reader.until(() => reader.ended(response.responseId))
    expect(result).toMatchObject({
      status: 'complete',
      failures: 0,
      recovered: false,
      length: words.join('').length,
    })
    expect(reader.text(response.responseId)).toBe(words.join(''))
    expect(reader.verified(response.responseId)).toBe(true)
    expect(reader.messages.every(({ extras }) => extras.headers.promptId === 'q1')).toBe(true)
    const later = await historyReader(reader.channel)
    expect(later.text(response.responseId)).toBe(words.join(''))
  })

  test('repairs refused publishes while the answer streams', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agent = bench.agent({ channelName, pattern })
    const response = agent.respond()
    response.append('Once ')
    await response.flush()
    const stop = bench.server.faults.refuse({ match: { channel: channelName }, every: 3, times: 5 })
    for (const word of words) {
      response.append(word)
      await new Promise((resolve) => setImmediate(resolve))
    }
    const before = response.text
    await response.flush()
    expect(reader.ended(response.responseId)).toBe(false)
    await reader.until(() => reader.text(response.responseId) === before)
    stop()
    const result = await response.end()
    expect(result.failures).toBeGreaterThan(0)
    expect(result.repairs).toBeGreaterThan(0)
    expect(result.recovered).toBe(true)
    await reader.until(() => reader.ended(response.responseId))
    expect(reader.text(response.responseId)).toBe('Once ' + words.join(''))
  })

  test('keeps parts in order, and never splits a surrogate pair', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const rows: ResponseRow[] = []
    const agent = bench.agent({ channelName, pattern, onComplete: (row) => rows.push(row) })
    const response = agent.respond()
    response.reasoning('Hm')
    response.reasoning('m \ud83e')
    response.reasoning('\udd14')
    response.append('Look')
    const call = response.tool({ name: 'weather', args: { city: 'Oslo' } })
    call.progress({ status: 'asking', percentComplete: 50 })
    call.result({ degrees: 21 })
    response.append('It is 21° \ud83c')
    response.append('\udf1e and lone \ud83c')
    response.source({ url: 'https://example.com', title: 'Example' })
    response.data('mood', { happy: true })
    await response.end()
    await reader.until(() => reader.ended(response.responseId))
    expect(reader.text(response.responseId, 'reasoning')).toBe('Hmm 🤔')
    expect(reader.text(response.responseId)).toBe('LookIt is 21° 🌞 and lone \ufffd')
    const text = pattern === 'message-per-token' ? 'token' : 'response'
    const seen = new Set<string>()
    const firsts = reader
      .held(response.responseId)
      .filter(
        ({ name, headers }) =>
          !seen.has(`${name} ${headers['part']}`) && seen.add(`${name} ${headers['part']}`),
      )
    expect(firsts.map(({ name }) => name).filter((name) => name !== 'start')).toEqual([
      'reasoning',
      text,
      'tool_call',
      'tool_progress',
      'tool_result',
      text,
      'source',
      'data-mood',
      pattern === 'message-per-token' ? 'stop' : 'response-end',
    ])
    expect(rows).toHaveLength(1)
    expect(rows[0]).toMatchObject({
      id: response.responseId,
      role: 'assistant',
      status: 'complete',
      text: 'LookIt is 21° 🌞 and lone \ufffd',
      clientId: 'agent',
      parts: [
        { type: 'reasoning', text: 'Hmm 🤔' },
        { type: 'text', text: 'Look' },
        { type: 'tool-weather', state: 'output-available', input: { city: 'Oslo' }, output: { degrees: 21 } },
        { type: 'text', text: 'It is 21° 🌞 and lone \ufffd' },
        { type: 'source-url', url: 'https://example.com' },
        { type: 'data-mood', data: { happy: true } },
      ],
    })
  })

  test('continues in a further message when one is full', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agent = bench.agent({ channelName, pattern, maxMessageSize: 2000 })
    const response = agent.respond()
    const text = words.join('').repeat(100) + '🌞'.repeat(500)
    for (const word of text.match(/.{1,700}/gsu)!) response.append(word)
    await response.end()
    await reader.until(() => reader.ended(response.responseId))
    expect(reader.text(response.responseId)).toBe(text)
    expect(reader.verified(response.responseId)).toBe(true)
  })

  test('stops on cancel', async () => {
    const channelName = bench.channelName()
    const reader = await bench.reader(channelName)
    const agent = bench.agent({ channelName, pattern })
    let aborted: unknown
    agent.onPrompt(async (prompt, response) => {
      response.append(`You said: ${prompt.text}`)
      await new Promise((resolve) => response.signal.addEventListener('abort', resolve))
      aborted = response.signal.reason
      response.append('never seen')
    })
    await agent.ready
    await reader.channel.publish('user-input', { promptId: 'q', text: 'hi' })
    await reader.until(() => reader.messages.some(({ extras }) => extras?.headers?.responseId))
    const { responseId } = reader.messages.find(({ extras }) => extras?.headers?.responseId)!.extras.headers
    await reader.channel.publish({ name: 'cancel', extras: { headers: { responseId } } })
    await reader.until(() => reader.ended(responseId))
    expect(reader.messages.at(-1)).toMatchObject({
      name: 'cancelled',
      extras: { headers: { status: 'stopped', promptId: 'q' } },
    })
    expect(reader.text(responseId)).toBe('You said: hi')
    expect(aborted).toMatchObject({ name: 'AbortError' })
    await agent.close()
  })
})

const usable = { channels: { get: () => ({}) }, connection: {} }

test.each([
  [{ channelName: 'c' }, 'pass an Ably Realtime client as `client`'],
  [{ client: usable, channelName: '' }, 'channelName must be a non-empty string'],
  [{ client: usable, channelName: 'c', messagesPerSecond: 0 }, 'messagesPerSecond must be a number above 0'],
  [{ client: usable, channelName: 'c', maxMessageSize: NaN }, 'maxMessageSize must be a number above 0'],
])('says what it cannot be made without', (options, cure) => {
  expect(() => createAgent(options as unknown as AgentOptions)).toThrow(
    expect.objectContaining({
      code: 'invalid_argument',
      message: expect.stringContaining(`unable to create an agent; ${cure}`),
    }),
  )
})
