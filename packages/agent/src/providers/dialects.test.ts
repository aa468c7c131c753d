import { describe, expect, test } from 'vitest'
import { assembled, type Assembled } from '../../test/assembled.ts'
import { collect, streamed } from '../../test/providerRecordings.ts'
import type { ModelEvent } from '../response/modelEvent.ts'
import { fromAnthropic } from './anthropic.ts'
import { fromGoogle } from './google.ts'
import { fromLangGraph } from './langgraph.ts'
import { fromOpenAI } from './openai.ts'
import { fromOpenAICompatible } from './openai-compatible.ts'

/** What servers and proxies have been seen to send, by the provider whose API they claim to speak. */
type Mapper = (stream: never) => AsyncIterable<ModelEvent>
type Row = [name: string, items: unknown[], expected: Partial<Assembled>]

const table = (mapper: Mapper, rows: Row[]) =>
  test.each(rows)('%s', async (_, items, expected) => {
    expect(assembled(await collect(mapper(streamed(items) as never)))).toMatchObject(expected)
  })

const chunk = (delta: unknown, finish_reason: string | null = null, more: object = {}) => ({
  id: 'c',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta, finish_reason }],
  ...more,
})
const done = chunk({}, 'stop')
const piece = (fields: object, args: string, more: object = {}) =>
  chunk({ tool_calls: [{ ...fields, function: { arguments: args, ...more } }] })
const weather = { name: 'weather' }

describe.each<[string, Mapper]>([
  ['fromOpenAI', fromOpenAI],
  ['fromOpenAICompatible', fromOpenAICompatible],
])('Chat Completions, %s', (_, mapper) => {
  table(mapper, [
    ['nothing at all', [], { text: '', status: 'error' }],
    ['HTML of a proxy', ['<html><body>502 Bad Gateway</body></html>'], { text: '', status: 'error' }],
    [
      'an error in the place of a chunk',
      [chunk({ content: 'Half' }), { error: { message: 'overloaded', code: 529 } }],
      { text: 'Half', status: 'error', end: { type: 'error', errorText: 'overloaded', code: '529' } },
    ],
    ['an error as a text', [{ error: 'no credit' }], { end: { type: 'error', errorText: 'no credit' } }],
    [
      'an error in the place of a choice (OpenRouter)',
      [
        {
          id: 'c',
          error: { message: 'late' },
          choices: [{ delta: { content: '' }, finish_reason: 'error' }],
        },
      ],
      { status: 'error' },
    ],
    [
      'finish_reason: error',
      [chunk({ content: 'Half' }), chunk({}, 'error')],
      { text: 'Half', status: 'error' },
    ],
    ['an end without a word', [chunk({ content: 'Half' })], { text: 'Half', status: 'error' }],
    [
      'a number as content',
      [chunk({ content: 5 }), chunk({ content: 'x' }), done],
      { text: 'x', dropped: ['delta.content'] },
    ],
    [
      'nulls in lists',
      [
        chunk({ content: [null, { type: 'text', text: 'x' }], tool_calls: [null] }),
        { id: 'c', choices: [null] },
        done,
      ],
      { text: 'x', calls: [], status: 'complete' },
    ],
    [
      'members of a content list that no one knows (Mistral)',
      [
        chunk({
          content: [{ type: 'reference', reference_ids: [1] }, { type: 'text', text: 'x' }, { type: 'odd' }],
        }),
        done,
      ],
      { text: 'x', status: 'complete' },
    ],
    [
      'reasoning_content that is empty (DeepSeek)',
      [
        chunk({ content: null, reasoning_content: '' }),
        chunk({ content: null, reasoning_content: 'Hm' }),
        chunk({ content: 'x', reasoning_content: null }),
        chunk({ content: '', reasoning_content: '' }, 'stop'),
      ],
      { text: 'x', reasoning: 'Hm', dropped: [] },
    ],
    [
      'choices: null with usage at the end',
      [chunk({ content: 'x' }), done, { id: 'c', choices: null, usage: { total_tokens: 3 } }],
      {
        text: 'x',
        status: 'complete',
        end: { type: 'finish', finishReason: 'stop', usage: { totalTokens: 3 } },
      },
    ],
    [
      'parallel calls, all of index 0, interleaved by id',
      [
        piece({ index: 0, id: 'a' }, '', weather),
        piece({ index: 0, id: 'b' }, '', { name: 'time' }),
        piece({ index: 0, id: 'a' }, '{"c":1}'),
        piece({ index: 0, id: 'b' }, '{"c":2}'),
        chunk({}, 'tool_calls'),
      ],
      {
        calls: [
          { id: 'a', name: 'weather', input: { c: 1 } },
          { id: 'b', name: 'time', input: { c: 2 } },
        ],
      },
    ],
    [
      'parallel calls without index, then fragments without id',
      [
        piece({ id: 'a' }, '{"c"', weather),
        piece({}, ':1}'),
        piece({ id: 'b' }, '{"c"', { name: 'time' }),
        piece({}, ':2}'),
        chunk({}, 'tool_calls'),
      ],
      {
        calls: [
          { id: 'a', name: 'weather', input: { c: 1 } },
          { id: 'b', name: 'time', input: { c: 2 } },
        ],
      },
    ],
    [
      'parallel calls by index, their fragments in turn',
      [
        piece({ index: 0, id: 'a' }, '{"c"', weather),
        piece({ index: 1, id: 'b' }, '{"c"', { name: 'time' }),
        piece({ index: 0 }, ':1}'),
        piece({ index: 1 }, ':2}'),
        chunk({}, 'stop'),
      ],
      {
        calls: [
          { id: 'a', name: 'weather', input: { c: 1 } },
          { id: 'b', name: 'time', input: { c: 2 } },
        ],
      },
    ],
    [
      'calls with empty ids, whole in one chunk each',
      [
        piece({ index: 0, id: '' }, '{"c":1}', weather),
        piece({ index: 1, id: '' }, '{"c":2}', { name: 'time' }),
        chunk({}, 'tool_calls'),
      ],
      {
        calls: [
          { name: 'weather', input: { c: 1 } },
          { name: 'time', input: { c: 2 } },
        ] as never,
      },
    ],
    [
      'arguments as an object',
      [
        chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'weather', arguments: { c: 1 } } }] }),
        done,
      ],
      { calls: [{ id: 'a', name: 'weather', input: { c: 1 } }] },
    ],
    [
      'citations beside the choices (Perplexity)',
      [chunk({ content: 'x' }, null, { citations: ['https://a.test', null, 'https://a.test'] }), done],
      { text: 'x', urls: ['https://a.test'], status: 'complete' },
    ],
    [
      'pictures (OpenRouter)',
      [
        chunk({ images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } }, null] }),
        done,
      ],
      { files: ['data:image/png;base64,AA=='], status: 'complete' },
    ],
    [
      'lines of server-sent events',
      ['data: {"id":"c","choices":[{"delta":{"content":"x"}}]}', 'data: [DONE]'],
      { status: 'error' },
    ],
  ])
})

describe('Responses', () => {
  const completed = (output: unknown[]) => ({
    type: 'response.completed',
    response: { status: 'completed', output },
  })
  table(fromOpenAI, [
    [
      'an error in the place of an event',
      [{ type: 'response.created', response: {} }, { error: { message: 'overloaded' } }],
      { status: 'error', end: { type: 'error', errorText: 'overloaded' } },
    ],
    [
      'only done events, of changing ids',
      [
        { type: 'response.output_text.done', output_index: 0, content_index: 0, item_id: 'a', text: 'x' },
        { type: 'response.output_text.done', output_index: 0, content_index: 1, item_id: 'b', text: 'y' },
        completed([]),
      ],
      { text: 'xy', status: 'complete' },
    ],
    [
      'nulls and numbers where objects were expected',
      [
        { type: 'response.output_item.added', output_index: 0, item: null },
        { type: 'response.output_text.delta', output_index: 0, content_index: 0, item_id: 'a', delta: 5 },
        { type: 'response.output_text.delta', output_index: 0, content_index: 0, item_id: 'a', delta: 'x' },
        { type: 'response.completed', response: null },
      ],
      { text: 'x' },
    ],
    [
      'cut',
      [{ type: 'response.output_text.delta', item_id: 'a', output_index: 0, content_index: 0, delta: 'x' }],
      { text: 'x', status: 'error' },
    ],
  ])
  test('a cancelled response is no whole one', async () => {
    const items = [{ type: 'response.cancelled', response: { status: 'cancelled', output: [] } }]
    expect(assembled(await collect(fromOpenAI(streamed(items) as never))).status).not.toBe('complete')
  })
})

describe('Messages', () => {
  const start = { type: 'message_start', message: { id: 'm', content: [] } }
  const text = (index: number, said: unknown) => ({
    type: 'content_block_delta',
    index,
    delta: { type: 'text_delta', text: said },
  })
  const open = (index: number) => ({
    type: 'content_block_start',
    index,
    content_block: { type: 'text', text: '' },
  })
  table(fromAnthropic, [
    ['nothing at all', [], { status: 'error' }],
    ['HTML of a proxy', ['<html></html>'], { text: '', status: 'error' }],
    [
      'an error in the place of an event',
      [
        start,
        open(0),
        text(0, 'Half'),
        { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      ],
      { text: 'Half', status: 'error' },
    ],
    [
      'an error without a type',
      [start, { error: { message: 'no' } }],
      { status: 'error', end: { type: 'error', errorText: 'no' } },
    ],
    [
      'a number as text',
      [
        start,
        open(0),
        text(0, 5),
        text(0, 'x'),
        { type: 'message_delta', delta: { stop_reason: 'end_turn' } },
        { type: 'message_stop' },
      ],
      { text: 'x', status: 'complete' },
    ],
    [
      'an end without a reason',
      [start, open(0), text(0, 'x'), { type: 'message_stop' }],
      { text: 'x', status: 'complete' },
    ],
    [
      'cut after its reason',
      [start, open(0), text(0, 'x'), { type: 'content_block_stop', index: 0 }],
      { text: 'x', status: 'error' },
    ],
  ])
})

describe('Gemini', () => {
  const said = (...parts: unknown[]) => ({ candidates: [{ content: { role: 'model', parts } }] })
  const stop = { candidates: [{ finishReason: 'STOP' }] }
  table(fromGoogle, [
    ['nothing at all', [], { status: 'error' }],
    [
      'candidates: null, parts: null',
      [{ candidates: null }, { candidates: [{ content: { parts: null } }] }, said({ text: 'x' }), stop],
      { text: 'x', status: 'complete' },
    ],
    ['nulls and numbers', [said(null, { text: 5 }, { text: 'x' }), stop], { text: 'x', status: 'complete' }],
    [
      'an error in the place of a chunk',
      [said({ text: 'Half' }), { error: { code: 503, message: 'overloaded' } }],
      { text: 'Half', status: 'error' },
    ],
    ['a blocked prompt', [{ promptFeedback: { blockReason: 'SAFETY' } }], { text: '' }],
    [
      'two calls of one name without ids',
      [
        said(
          { functionCall: { name: 'f', args: { a: 1 } } },
          { functionCall: { name: 'f', args: { a: 2 } } },
        ),
        stop,
      ],
      {
        calls: [
          { name: 'f', input: { a: 1 } },
          { name: 'f', input: { a: 2 } },
        ] as never,
      },
    ],
  ])
})

describe('LangGraph', () => {
  const m = (fields: object) => [
    'messages',
    [{ type: 'AIMessageChunk', id: 'm', content: '', ...fields }, {}],
  ]
  const stop = m({ response_metadata: { finish_reason: 'stop' } })
  const call = (fields: object) => m({ tool_call_chunks: [fields] })
  table(fromLangGraph, [
    ['nothing at all', [], { status: 'error' }],
    [
      'a chunk as LangChain serialises it',
      [
        [
          'messages',
          [
            {
              lc: 1,
              type: 'constructor',
              id: ['langchain_core', 'messages', 'AIMessageChunk'],
              kwargs: { id: 'm', content: 'x', tool_call_chunks: [] },
            },
            {},
          ],
        ],
        stop,
      ],
      { text: 'x', status: 'complete' },
    ],
    [
      'content as a list with nulls',
      [m({ content: [null, { type: 'text', text: 'x' }, 5] }), stop],
      { text: 'x', status: 'complete' },
    ],
    [
      'two calls, both index 0, cut',
      [
        call({ index: 0, id: 'a', name: 'f', args: '{"c"' }),
        call({ index: 0, args: ':1}' }),
        call({ index: 0, id: 'b', name: 'g', args: '{"c":2}' }),
        stop,
      ],
      {
        calls: [
          { id: 'a', name: 'f', input: { c: 1 } },
          { id: 'b', name: 'g', input: { c: 2 } },
        ],
      },
    ],
    [
      'an error of the server',
      [m({ content: 'Half' }), { event: 'error', data: { error: 'Failed', message: 'broke' } }],
      { text: 'Half', status: 'error' },
    ],
    ['cut', [m({ content: 'Half' })], { text: 'Half', status: 'error' }],
  ])
})
