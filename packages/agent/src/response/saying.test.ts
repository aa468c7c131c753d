import { describe, expect, test } from 'vitest'
import type { Agent, AgentOptions, ModelEvent, Pattern, RejoinError, ResponseRow } from '../index.ts'
import { historyReader, type Reader, useBench } from '../../test/agentBench.ts'

/** What a response says beside its text, and how it says that it has ended. */
const bench = useBench()

interface Setup {
  channelName: string
  reader: Reader
  agent: Agent
  rows: (ResponseRow & Record<string, unknown>)[]
  errors: RejoinError[]
}

async function setup(options: Partial<AgentOptions> = {}): Promise<Setup> {
  const channelName = bench.channelName()
  const reader = await bench.reader(channelName)
  const rows: Setup['rows'] = []
  const errors: RejoinError[] = []
  const agent = bench.agent({ channelName, onComplete: (row) => void rows.push(row as never), ...options })
  agent.on('error', (error) => errors.push(error))
  return { channelName, reader, agent, rows, errors }
}

const delta = (text: string, id = 't'): ModelEvent => ({ type: 'text-delta', id, delta: text })
const finish: ModelEvent = { type: 'finish', finishReason: 'stop' }

const said = ({ messages }: Reader, name: string) => messages.filter((message) => message.name === name)
const endOf = (reader: Reader) => {
  const end = reader.messages.find(({ name }) => /^(response-end|stop|cancelled)$/.test(name!))
  return { status: end?.extras.headers.status as string, data: end?.data as unknown }
}

describe.each<Pattern>(['message-per-response', 'message-per-token'])('an end (%s)', (pattern) => {
  async function endAfter(...streams: ModelEvent[][]) {
    const { agent, reader, rows } = await setup({ pattern })
    const response = agent.respond({ responseId: 'r' })
    for (const stream of streams) await response.pipe(stream).catch(() => {})
    const { status } = await response.end()
    await reader.until(() => reader.ended('r'))
    expect(endOf(reader).status).toBe(status)
    expect(rows[0]!.status).toBe(status)
    await agent.close()
    return { ...endOf(reader), row: rows[0]!, reader }
  }

  test('tells why the model stopped, and what it took', async () => {
    const usage = { inputTokens: 3, outputTokens: 5, outputTokenDetails: { reasoningTokens: 2 } }
    const call: ModelEvent = { type: 'finish', finishReason: 'tool-calls', usage }
    const last: ModelEvent = { type: 'finish', finishReason: 'length', rawFinishReason: 'max', usage }
    const { status, data, row } = await endAfter([delta('one'), call], [delta('two'), last])
    const total = { inputTokens: 6, outputTokens: 10, outputTokenDetails: { reasoningTokens: 4 } }
    expect({ status, data }).toEqual({
      status: 'complete',
      data: { finishReason: 'length', rawFinishReason: 'max', usage: total },
    })
    expect(row).toMatchObject({ finishReason: 'length', usage: total, text: 'onetwo' })
  })

  test.each<[string, string, ModelEvent[]]>([
    ['breaks off', 'error', [{ type: 'text-start', id: 't' }, delta('half')]],
    ['breaks off in a call', 'error', [{ type: 'tool-input-start', toolCallId: 'c', toolName: 'look' }]],
    ['is made by hand, and over', 'complete', [delta('all of it')]],
    ['says nothing at all', 'error', []],
    ['ends with no content', 'error', [finish]],
    ['ends with an empty text', 'error', [delta(''), finish]],
    ['fails by its reason', 'error', [delta('half'), { type: 'finish', finishReason: 'error' }]],
    ['is stopped', 'stopped', [delta('half'), { type: 'abort', reason: 'enough' }]],
    [
      'calls a tool only',
      'complete',
      [{ type: 'tool-input-available', toolCallId: 'c', toolName: 't', input: {} }, finish],
    ],
  ])('is %s → %s', async (_, status, events) => {
    expect((await endAfter(events)).status).toBe(status)
  })

  test('of a second attempt counts, and withdraws the first', async () => {
    const error: ModelEvent = { type: 'error', errorText: 'overloaded' }
    const { status, row, reader } = await endAfter(
      [delta('The capital is '), error],
      [delta('The capital is Oslo.'), finish],
    )
    expect(status).toBe('complete')
    expect(row).toMatchObject({ text: 'The capital is Oslo.', retracted: ['0'] })
    expect(row.parts).toHaveLength(1)
    expect(said(reader, 'retract').map(({ data }) => data)).toEqual([{ parts: ['0'] }])
    // Readers that know nothing of it lose the text as well, where messages can change.
    if (pattern === 'message-per-response') expect(reader.text('r')).toBe('The capital is Oslo.')
  })
})

test('keeps what a failed stream wrote for one that goes on with it', async () => {
  const { agent, rows } = await setup()
  const response = agent.respond()
  await response.pipe([delta('The capital '), { type: 'error', errorText: 'overloaded' }]).catch(() => {})
  await response.pipe([delta('is Oslo.'), finish], { keep: true })
  await response.end()
  expect(rows[0]).toMatchObject({ text: 'The capital is Oslo.', status: 'complete' })
})

test('withdraws a step but for the calls that are done, and everything when asked to', async () => {
  const { agent, reader, rows, channelName } = await setup()
  const response = agent.respond({ responseId: 'r' })
  await response.pipe([
    delta('I look it up. '),
    { type: 'tool-input-available', toolCallId: 'c', toolName: 'search', input: {} },
    { type: 'tool-output-available', toolCallId: 'c', output: 1 },
    { type: 'data-card', id: 'weather', data: 1 },
    delta('A first', '2'),
    { type: 'reset-step' },
    { type: 'data-card', id: 'weather', data: 2 },
    delta('A second', '3'),
    finish,
  ])
  response.resetStep()
  response.append('A third')
  await response.end()
  expect(rows[0]!.parts!.map(({ type, text, data }) => [type, text ?? data])).toEqual([
    ['text', 'I look it up. '],
    ['tool-search', undefined],
    ['text', 'A third'],
  ])
  const later = await historyReader(bench.client().channels.get(channelName))
  expect(later.text('r')).toBe('I look it up. A third')
  expect(said(reader, 'retract').flatMap(({ data }) => data.parts as string[])).toEqual([
    'weather',
    '2',
    'weather~2',
    '3',
  ])
  const other = agent.respond({ responseId: 'other' })
  other.append('Nonsense')
  await other.flush()
  other.append(' and more')
  other.retract()
  await other.end()
  expect(rows[1]).toMatchObject({ parts: [], text: '', status: 'error' })
  await agent.close()
})

test('publishes facts, files, documents, metadata of parts, preliminary and transient values', async () => {
  const uploads: string[] = []
  const { agent, reader, rows } = await setup({
    uploadFile: async ({ data, mediaType, filename }) => {
      uploads.push(`${filename} ${mediaType} ${data.length}`)
      await bench.settle()
      return { url: 'https://example.com/cat.png' }
    },
  })
  const response = agent.respond({ responseId: 'r' })
  response.metadata({ model: 'm' })
  await response.flush()
  response.metadata({ cost: 2 })
  void response.file({ data: new Uint8Array(5), mediaType: 'image/png', filename: 'cat.png' })
  response.sourceDocument({ mediaType: 'application/pdf', title: 'A paper', filename: 'paper.pdf' })
  await response.file({ data: 'https://example.com/dog.png', mediaType: 'image/png' })
  response.data('progress', 1, { transient: true })
  await response.pipe([
    { type: 'reasoning-start', id: 'r' },
    {
      type: 'part-metadata',
      part: 'reasoning',
      id: 'r',
      providerMetadata: { anthropic: { signature: 's' } },
    },
    { type: 'reasoning-end', id: 'r' },
    {
      type: 'tool-input-available',
      toolCallId: 'c',
      toolName: 'search',
      input: {},
      providerExecuted: true,
      title: 'Search',
    },
    { type: 'tool-output-available', toolCallId: 'c', output: 1, preliminary: true },
    finish,
  ])
  await response.flush()
  response.toolOutput('c', 2)
  response.append('Done.')
  await response.end()
  await reader.until(() => reader.ended('r'))
  expect(said(reader, 'response-metadata').map(({ data }) => data)).toEqual([
    { model: 'm' },
    { model: 'm', cost: 2 },
  ])
  expect(said(reader, 'file').map(({ data }) => data)).toEqual([
    { url: 'https://example.com/dog.png', mediaType: 'image/png' },
    { url: 'https://example.com/cat.png', mediaType: 'image/png', filename: 'cat.png' },
  ])
  expect(uploads).toEqual(['cat.png image/png 5'])
  expect(said(reader, 'source-document')[0]!.data).toMatchObject({ title: 'A paper', filename: 'paper.pdf' })
  expect(said(reader, 'part-metadata')[0]).toMatchObject({
    data: { providerMetadata: { anthropic: { signature: 's' } } },
    extras: { headers: { part: '3' } },
  })
  expect(said(reader, 'tool_call')[0]!.data).toMatchObject({ providerExecuted: true, title: 'Search' })
  expect(said(reader, 'tool_result').map(({ data }) => data)).toEqual([
    { name: 'search', result: 1, preliminary: true },
    { name: 'search', result: 2 },
  ])
  const [transient] = said(reader, 'transient-progress')
  expect([transient!.data, transient!.extras.ephemeral]).toEqual([1, true])
  expect(rows[0]).toMatchObject({ metadata: { model: 'm', cost: 2 } })
  expect(rows[0]!.parts!.map(({ type, id }) => `${id} ${type}`)).toEqual([
    '0 file',
    '1 source-document',
    '2 file',
    '3 reasoning',
    '4 tool-search',
    '5 text',
  ])
  expect(rows[0]!.parts![3]).toMatchObject({ providerMetadata: { anthropic: { signature: 's' } } })
  await agent.close()
})

test('sends a file within its message without uploadFile, and says when it cannot store one', async () => {
  const { agent, reader } = await setup()
  const response = agent.respond({ responseId: 'r' })
  await response.file({ data: new Uint8Array([1, 2, 3]), mediaType: 'image/png' })
  await response.end()
  await reader.until(() => reader.ended('r'))
  expect(said(reader, 'file')[0]!.data).toEqual({ url: 'data:image/png;base64,AQID', mediaType: 'image/png' })
  await agent.close()

  const failing = await setup({ uploadFile: () => Promise.reject(new Error('no space')) })
  const other = failing.agent.respond()
  other.append('Here: ')
  await other.file({ data: new Uint8Array(5), mediaType: 'image/png' })
  const { lost } = await other.end()
  expect(lost).toMatchObject([{ code: 'callback_failed', message: /no space/ }])
  expect(failing.rows[0]!.parts).toHaveLength(1)
  await failing.agent.close()
})

test('reports what a mapper had to drop', async () => {
  const { agent, errors } = await setup()
  const response = agent.respond()
  await response.pipe([{ type: 'dropped', what: 'delta.content', why: 'it is a number' }, delta('x'), finish])
  expect(await response.end()).toMatchObject({ status: 'complete' })
  expect(errors.map(({ message }) => message)).toEqual([
    'unable to publish delta.content of the model; it is a number',
  ])
  await agent.close()
})

test('sends only the newest of the versions that wait for the network', async () => {
  const { agent, reader, rows } = await setup({ messagesPerSecond: 50 })
  const response = agent.respond({ responseId: 'r' })
  const tool = response.tool({ name: 'search', toolCallId: 'c' })
  for (let i = 1; i <= 300; i++) {
    response.data('card', i, { id: 'weather' })
    tool.progress({ status: `${i}` })
    if (i % 30 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  tool.result('done')
  await response.end()
  await reader.until(() => reader.ended('r'))
  const cards = said(reader, 'data-card')
  expect(cards.length).toBeLessThan(60)
  expect(cards.at(-1)!.data).toBe(300)
  expect(said(reader, 'tool_progress').at(-1)!.data).toMatchObject({ status: '300' })
  expect(rows[0]!.parts!.find(({ id }) => id === 'weather')).toMatchObject({
    data: 300,
    serial: cards[0]!.serial,
    version: cards.at(-1)!.serial,
  })
  await agent.close()
})

describe.each<Pattern>(['message-per-response', 'message-per-token'])('an object (%s)', (pattern) => {
  test('grows as one part, and is whole in the row', async () => {
    const { agent, reader, rows } = await setup({ pattern })
    const response = agent.respond({ promptId: 'p' })
    const recipe = response.object<{ title: string; steps: string[] }>('recipe')
    const whole = { title: 'Tomato soup', steps: ['Cut the tomatoes.', 'Boil them.', 'Stir, and serve.'] }
    for (const character of JSON.stringify(whole)) {
      recipe.append(character)
      await response.ready
    }
    expect(await recipe.end()).toEqual(whole)
    await response.end()
    expect(said(reader, 'data-recipe').at(-1)!.data).toEqual(whole)
    expect(new Set(said(reader, 'data-recipe').map(({ extras }) => extras.headers.part)).size).toBe(1)
    expect(rows[0]!.parts).toMatchObject([{ type: 'data-recipe', data: whole }])
    await agent.close()
  })
})
