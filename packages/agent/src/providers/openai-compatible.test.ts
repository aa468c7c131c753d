import { describe, expect, test } from 'vitest'
import { assembled } from '../../test/assembled.ts'
import { collect, streamed } from '../../test/providerRecordings.ts'
import { fromOpenAICompatible, type OpenAICompatibleOptions } from './openai-compatible.ts'

const chunk = (delta: unknown, finish_reason: string | null = null, more: object = {}) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  model: 'm',
  choices: [{ index: 0, delta, finish_reason }],
  ...more,
})
const done = chunk({}, 'stop')

const read = (items: unknown[], options?: OpenAICompatibleOptions) =>
  collect(fromOpenAICompatible(streamed(items) as never, options))
const said = async (items: unknown[], options?: OpenAICompatibleOptions) =>
  assembled(await read(items, options))

describe('the text of a dialect', () => {
  test.each<[string, unknown[], Partial<Awaited<ReturnType<typeof said>>>]>([
    [
      'content as a list of parts (Mistral)',
      [
        chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm' }] }] }),
        chunk({ content: [{ type: 'text', text: 'It is ' }] }),
        chunk({ content: '21°' }),
        done,
      ],
      { text: 'It is 21°', reasoning: 'Hm', dropped: [] },
    ],
    [
      'both names for reasoning, one of them empty, then the other',
      [
        chunk({ reasoning: 'A', reasoning_content: '' }),
        chunk({ reasoning: '', reasoning_content: 'B' }),
        chunk({ reasoning: 'C', reasoning_content: 'C' }),
        chunk({ reasoning: null, content: 'x' }),
        done,
      ],
      { reasoning: 'ABC', text: 'x', dropped: [] },
    ],
    [
      'no choice.index, choices: null, no choices',
      [
        { id: 'c', choices: null },
        { id: 'c', choices: [{ delta: { content: 'x' } }] },
        { id: 'c' },
        { id: 'c', choices: [] },
        { id: 'c', choices: [{ delta: null, finish_reason: 'stop' }] },
      ],
      { text: 'x', status: 'complete' },
    ],
    [
      'values that are no text',
      [
        chunk({ content: 5 }),
        chunk({ content: { a: 1 } }),
        chunk({ reasoning_content: true, content: 'x' }),
        chunk({ content: [7, { type: 'text', text: 8 }] }),
        done,
      ],
      {
        text: 'x',
        reasoning: '',
        dropped: ['delta.content', 'delta.reasoning_content', 'delta.content[0]', 'delta.content[1].text'],
      },
    ],
    [
      'a message in the place of a delta',
      [{ id: 'c', choices: [{ message: { content: 'whole' }, finish_reason: 'stop' }] }],
      { text: 'whole', status: 'complete' },
    ],
    [
      'chunks that are wrapped and in camel case (the client of Mistral)',
      [
        { data: { id: 'c', choices: [{ index: 0, delta: { content: 'x' } }] } },
        { data: { id: 'c', choices: [{ index: 0, delta: {}, finishReason: 'stop' }] } },
      ],
      { text: 'x', status: 'complete' },
    ],
    [
      'two choices at once',
      [
        {
          id: 'c',
          choices: [
            { index: 1, delta: { content: 'other' } },
            { index: 0, delta: { content: 'first' } },
          ],
        },
        done,
      ],
      { text: 'first', dropped: ['choices[1]'] },
    ],
    [
      'items that are no objects',
      [null, 'x', 5, chunk({ content: 'x' }), done],
      { text: 'x', status: 'complete' },
    ],
  ])('%s', async (_, items, expected) => {
    expect(await said(items)).toMatchObject(expected)
  })

  test('parts reasoning in tags from the text, wherever the tags are cut', async () => {
    const whole = 'Before<think>Hm, a < b</think>After <thin air'
    for (let size = 1; size <= whole.length; size++) {
      const pieces = whole.match(new RegExp(`.{1,${size}}`, 'gs'))!
      const items = [...pieces.map((content) => chunk({ content })), done]
      expect(await said(items, { reasoningTag: 'think' })).toMatchObject({
        text: 'BeforeAfter <thin air',
        reasoning: 'Hm, a < b',
      })
      expect((await said(items)).text).toBe(whole)
    }
    const open = [chunk({ content: 'Hm</think>Yes' }), done]
    expect(await said(open, { reasoningTag: 'think', startWithReasoning: true })).toMatchObject({
      text: 'Yes',
      reasoning: 'Hm',
    })
  })
})

describe('tool calls of a dialect', () => {
  const call = (id: string | undefined, name: string | undefined, args: unknown, index?: number) => ({
    ...(id !== undefined && { id }),
    ...(index !== undefined && { index }),
    function: { ...(name !== undefined && { name }), ...(args !== undefined && { arguments: args }) },
  })
  const calls = (...list: object[]) => chunk({ tool_calls: list })
  const oslo = { id: 'a', name: 'weather', input: { city: 'Oslo' } }
  const utc = { id: 'b', name: 'time', input: { tz: 'UTC' } }

  test.each<[string, object[], object[]]>([
    [
      'whole, all with index 0',
      [calls(call('a', 'weather', '{"city":"Oslo"}', 0)), calls(call('b', 'time', '{"tz":"UTC"}', 0))],
      [oslo, utc],
    ],
    [
      'without an index',
      [calls(call('a', 'weather', '{"city":"Oslo"}'), call('b', 'time', '{"tz":"UTC"}'))],
      [oslo, utc],
    ],
    [
      'in pieces, all with index 0, told apart by id',
      [
        calls(call('a', 'weather', '{"ci', 0)),
        calls(call('b', 'time', '{"t', 0)),
        calls(call('a', undefined, 'ty":"Oslo"}', 0)),
        calls(call('b', undefined, 'z":"UTC"}', 0)),
      ],
      [oslo, utc],
    ],
    [
      'in pieces, with ids that change with each',
      [
        calls(call('a', 'weather', '', 0), call('b', 'time', '', 1)),
        calls(call('x', undefined, '{"tz":', 1)),
        calls(call('y', undefined, '{"city":', 0)),
        calls(call('z', undefined, '"Oslo"}', 0), call('w', undefined, '"UTC"}', 1)),
      ],
      [oslo, utc],
    ],
    [
      'in pieces, by place alone',
      [
        calls(call('a', 'weather', '{"city"'), call('b', 'time', '{"tz"')),
        calls(call(undefined, undefined, ':"Oslo"}'), call('', undefined, ':"UTC"}')),
      ],
      [oslo, utc],
    ],
    [
      'with id and name in every piece',
      [
        calls(call('a', 'weather', '{"ci', 0)),
        calls(call('a', 'weather', 'ty":"Oslo"}', 0)),
        calls(call('b', 'time', '{"tz":"UTC"}', 1)),
      ],
      [oslo, utc],
    ],
    [
      'with the name after the id, and arguments as an object',
      [calls(call('a', undefined, '', 0)), calls(call('a', 'weather', { city: 'Oslo' }, 0))],
      [oslo],
    ],
    [
      'with the whole again at the end',
      [
        calls(call('a', 'weather', '{"city":', 0)),
        calls(call('a', undefined, '"Oslo"}', 0)),
        calls(call('a', 'weather', '{"city":"Oslo"}', 0)),
      ],
      [oslo],
    ],
    [
      'as one object that is no list',
      [chunk({ tool_calls: call('a', 'weather', '{"city":"Oslo"}', 0) })],
      [oslo],
    ],
  ])('%s', async (_, items, expected) => {
    for (const reason of ['tool_calls', 'stop']) {
      const { calls: found, end } = await said([...items, chunk({}, reason)])
      expect(found).toEqual(expected)
      expect(end).toEqual({ type: 'finish', finishReason: 'tool-calls' })
    }
  })

  test('two calls of one tool without any identity, and one id for two calls', async () => {
    const anonymous = call(undefined, 'time', '{"tz":"UTC"}', 0)
    const { calls: found } = await said([calls(anonymous), calls(anonymous), done])
    expect(found.map(({ name, input }) => [name, input])).toEqual([
      ['time', { tz: 'UTC' }],
      ['time', { tz: 'UTC' }],
    ])
    expect(new Set(found.map(({ id }) => id)).size).toBe(2)
    const { calls: alike } = await said([
      calls(call('x', 'time', '{"tz":', 0), call('x', 'weather', '{"city":', 1)),
      calls(call('x', undefined, '"UTC"}', 0), call('x', undefined, '"Oslo"}', 1)),
      done,
    ])
    expect(alike.map(({ name, input }) => [name, input])).toEqual([
      ['time', { tz: 'UTC' }],
      ['weather', { city: 'Oslo' }],
    ])
  })

  test('the legacy function_call, and custom tools with plain text', async () => {
    const legacy = [
      chunk({ function_call: { name: 'weather', arguments: '' } }),
      chunk({ function_call: { arguments: '{"city":' } }),
      chunk({ function_call: { arguments: '"Oslo"}' } }),
      chunk({}, 'function_call'),
    ]
    const { calls: found, end } = await said(legacy)
    expect(found).toMatchObject([{ name: 'weather', input: { city: 'Oslo' } }])
    expect(end).toEqual({ type: 'finish', finishReason: 'tool-calls' })
    const custom = (input: string, more: object) => ({ index: 0, ...more, custom: { input, ...more } })
    const { calls: plain } = await said([
      calls(custom('SELECT ', { id: 'q', name: 'sql' })),
      calls(custom('"a"', {})),
      done,
    ])
    expect(plain).toEqual([{ id: 'q', name: 'sql', input: 'SELECT "a"' }])
  })

  test('several completions in one stream, as of a loop of tool calls', async () => {
    const {
      calls: found,
      text,
      end,
    } = await said([
      calls(call('a', 'weather', '{"city":"Oslo"}', 0)),
      chunk({}, 'tool_calls'),
      chunk({ tool_calls: [call('b', 'time', '{"tz":"UTC"}', 0)] }, null, { id: 'c2' }),
      chunk({}, 'tool_calls', { id: 'c2' }),
      chunk({ content: 'Done' }, null, { id: 'c3' }),
      chunk({}, 'stop', { id: 'c3' }),
    ])
    expect(found).toEqual([oslo, utc])
    expect([text, end]).toEqual(['Done', { type: 'finish', finishReason: 'stop' }])
  })
})

describe('what stands beside the text', () => {
  test('citations beside the choices (Perplexity, xAI), once each', async () => {
    const beside = {
      citations: ['https://a.test', 'https://b.test'],
      search_results: [{ url: 'https://a.test', title: 'A' }],
    }
    const events = await read([chunk({ content: 'x' }, null, beside), chunk({}, 'stop', beside)])
    expect(events.filter(({ type }) => type === 'source-url')).toMatchObject([
      { url: 'https://a.test', title: 'A' },
      { url: 'https://b.test' },
    ])
  })

  test('pictures, annotations and reasoning details (OpenRouter)', async () => {
    const picture = { type: 'image_url', image_url: { url: 'data:image/png;base64,AA' } }
    const cited = { url: 'https://a.test', title: 'A', start_index: 0, end_index: 2, content: 'said' }
    const detail = (text: string, more = {}) => ({ type: 'reasoning.text', index: 0, text, ...more })
    const events = await read(
      [
        chunk({ reasoning: 'H', reasoning_details: [detail('H')] }),
        chunk({ reasoning: 'm', reasoning_details: [detail('m', { signature: 's' })] }),
        chunk({ content: 'Look', images: [picture] }),
        chunk({ images: [picture], annotations: [{ type: 'url_citation', url_citation: cited }] }),
        chunk({ reasoning_details: [{ type: 'reasoning.encrypted', data: 'z' }] }),
        done,
      ],
      { name: 'openrouter' },
    )
    expect(assembled(events)).toMatchObject({
      text: 'Look',
      reasoning: 'Hm',
      files: ['data:image/png;base64,AA'],
    })
    expect(events).toContainEqual({ type: 'file', url: 'data:image/png;base64,AA', mediaType: 'image/png' })
    expect(events).toContainEqual(
      expect.objectContaining({ url: 'https://a.test', startOffset: 0, endOffset: 2, snippet: 'said' }),
    )
    expect(events.flatMap((event) => (event.type === 'part-metadata' ? event.providerMetadata : []))).toEqual(
      [
        { openrouter: { reasoning_details: [detail('Hm', { signature: 's' })] } },
        { openrouter: { reasoning_details: [{ type: 'reasoning.encrypted', data: 'z' }] } },
      ],
    )
  })

  test('the model and the usage, wherever they come', async () => {
    const usage = { prompt_tokens: 7, completion_tokens: 2, prompt_tokens_details: { cached_tokens: 4 } }
    const expected = {
      inputTokens: 7,
      inputTokenDetails: { noCacheTokens: 3, cacheReadTokens: 4 },
      outputTokens: 2,
      totalTokens: 9,
    }
    const last = { id: 'c', choices: [], usage }
    for (const items of [
      [chunk({ content: 'x' }), done, last],
      [chunk({ content: 'x' }, null, { usage: { prompt_tokens: 7 } }), chunk({}, 'stop', { usage })],
      [chunk({ content: 'x' }), chunk({}, 'stop', { x_groq: { usage } })],
    ]) {
      const { end, metadata } = await said(items)
      expect(end).toEqual({ type: 'finish', finishReason: 'stop', usage: expected })
      expect(metadata).toEqual({ model: 'm' })
    }
  })
})

describe('how it ended', () => {
  const half = chunk({ content: 'Half' })

  test.each<[string, unknown[], object]>([
    ['nothing at all', [], { status: 'error', end: { code: 'stream_truncated' } }],
    ['broken off', [half], { status: 'error', text: 'Half', end: { code: 'stream_truncated' } }],
    ['a usage chunk, and no end', [half, { id: 'c', choices: [], usage: {} }], { status: 'error' }],
    ['finish_reason: error', [half, chunk({}, 'error')], { status: 'error', end: { code: 'error' } }],
    [
      'finish_reason: error with the error in the chunk (OpenRouter)',
      [half, chunk({}, 'error', { error: { code: 502, message: 'overloaded' } })],
      { status: 'error', end: { errorText: 'overloaded', code: '502' } },
    ],
    [
      'an error in the choice',
      [half, { id: 'c', choices: [{ error: { message: 'overloaded' }, finish_reason: 'error' }] }],
      { status: 'error', end: { errorText: 'overloaded' } },
    ],
    [
      'an error that is a text',
      [half, { error: 'overloaded' }],
      { status: 'error', end: { errorText: 'overloaded' } },
    ],
    [
      'an error of Groq',
      [half, { x_groq: { error: 'over' } }],
      { status: 'error', end: { errorText: 'over' } },
    ],
    ['aborted by the server', [half, chunk({}, 'abort')], { status: 'stopped' }],
    ['out of resources (DeepSeek)', [half, chunk({}, 'insufficient_system_resource')], { status: 'error' }],
    ['too long', [half, chunk({}, 'length')], { end: { type: 'finish', finishReason: 'length' } }],
    [
      'too long, in capitals',
      [half, chunk({}, 'MAX_TOKENS')],
      { end: { type: 'finish', finishReason: 'length' } },
    ],
    [
      'filtered',
      [half, chunk({}, 'content_filter')],
      { end: { type: 'finish', finishReason: 'content-filter' } },
    ],
    [
      'a word that nobody knows',
      [half, chunk({}, 'paused')],
      { end: { type: 'finish', finishReason: 'other', rawFinishReason: 'paused' } },
    ],
    [
      'a reason that is no text',
      [half, { id: 'c', choices: [{ delta: {}, finish_reason: 7 }] }],
      { status: 'error' },
    ],
    [
      'a reason in every chunk',
      [chunk({ content: 'Ha' }, 'stop'), chunk({ content: 'lf' }, 'stop')],
      { text: 'Half', status: 'complete' },
    ],
  ])('%s', async (_, items, expected) => {
    expect(await said(items)).toMatchObject(expected)
  })
})
