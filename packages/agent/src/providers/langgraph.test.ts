import { AIMessage, AIMessageChunk, HumanMessage, ToolMessage } from '@langchain/core/messages'
import { FakeStreamingChatModel } from '@langchain/core/utils/testing'
import { describe, expect, test } from 'vitest'
import { Annotation, interrupt, MemorySaver, StateGraph } from '@langchain/langgraph'
import { assembled } from '../../test/assembled.ts'
import { fromLangGraph, type LangGraphOptions } from './langgraph.ts'
import { checkGrammar, collect, joined, streamed } from '../../test/providerRecordings.ts'

const chunk = (fields: ConstructorParameters<typeof AIMessageChunk>[0]) => new AIMessageChunk(fields)
const meta = { langgraph_node: 'agent' }

describe('LangGraph', () => {
  test('maps a loop of tool calls of graph.stream', async () => {
    const call = { id: 'c', name: 'weather', index: 0, type: 'tool_call_chunk' as const }
    const messages = [
      chunk({ id: 'a', content: 'Let me see.' }),
      chunk({ id: 'a', content: '', tool_call_chunks: [{ ...call, args: '{"city":' }] }),
      chunk({ id: 'a', content: '', tool_call_chunks: [{ index: 0, args: '"Oslo"}' }] }),
      chunk({ id: 'a', content: '', response_metadata: { finish_reason: 'tool_calls' } }),
      new ToolMessage({ tool_call_id: 'c', content: '{"degrees":21}' }),
      chunk({ id: 'b', content: [{ type: 'thinking', thinking: 'Hm' }] }),
      chunk({ id: 'b', content: 'It is ' }),
      chunk({ id: 'b', content: '21°', response_metadata: { finish_reason: 'stop' } }),
      // What a node returns is repeated as a whole.
      new AIMessage({ id: 'b', content: 'It is 21°' }),
      new HumanMessage('thanks'),
    ]
    const shapes: ((message: object) => unknown[])[] = [
      (message) => [message, meta],
      (message) => ['messages', [message, meta]],
      (message) => [['graph:1'], 'messages', [message, meta]],
    ]
    for (const shape of shapes) {
      const events = await collect(fromLangGraph(streamed([...messages.map(shape), ['values', {}]])))
      checkGrammar(events)
      expect(joined(events, 'text-delta')).toBe('Let me see.It is 21°')
      expect(joined(events, 'reasoning-delta')).toBe('Hm')
      expect(events.filter(({ type }) => /available/.test(type))).toEqual([
        { type: 'tool-input-available', toolCallId: 'c', toolName: 'weather', input: { city: 'Oslo' } },
        { type: 'tool-output-available', toolCallId: 'c', output: { degrees: 21 } },
      ])
      expect(events.at(-1)).toEqual({ type: 'finish', finishReason: 'stop' })
    }
  })

  test("maps the events of LangGraph's server, in both modes", async () => {
    const ai = (content: string, more = {}) => ({ type: 'ai', id: 'a', content, ...more })
    const partial = await collect(
      fromLangGraph(
        streamed([
          { event: 'metadata', data: {} },
          { event: 'messages/partial', data: [ai('It')] },
          { event: 'messages/partial', data: [ai('It is')] },
          {
            event: 'messages/complete',
            data: [ai('It is 21°', { response_metadata: { finish_reason: 'length' } })],
          },
        ]),
      ),
    )
    checkGrammar(partial)
    expect(joined(partial, 'text-delta')).toBe('It is 21°')
    expect(partial.at(-1)).toEqual({ type: 'finish', finishReason: 'length' })
    const tuple = await collect(
      fromLangGraph(
        streamed([
          { event: 'messages', data: [{ ...ai('It '), type: 'AIMessageChunk' }, meta] },
          { event: 'messages|sub:1', data: [{ ...ai('is'), type: 'AIMessageChunk' }, meta] },
          { event: 'error', data: { error: 'GraphRecursionError', message: 'too deep' } },
        ]),
      ),
    )
    expect(joined(tuple, 'text-delta')).toBe('It is')
    expect(tuple.at(-1)).toEqual({ type: 'error', errorText: 'too deep', code: 'GraphRecursionError' })
  })

  test("maps a LangChain model's stream", async () => {
    const model = new FakeStreamingChatModel({
      chunks: ['Hello', ' ', 'there'].map((content) => chunk({ content, id: 'm' })),
    })
    const events = await collect(fromLangGraph(await model.stream('hi')))
    checkGrammar(events)
    expect(joined(events, 'text-delta')).toBe('Hello there')
  })
})

describe('dialects of LangChain', () => {
  const said = async (items: unknown[], options?: LangGraphOptions) =>
    assembled(await collect(fromLangGraph(streamed(items) as never, options)))
  const m = (fields: object) => [
    'messages',
    [{ type: 'AIMessageChunk', id: 'm', content: '', ...fields }, {}],
  ]
  const stop = { response_metadata: { finish_reason: 'stop', model_name: 'gpt' } }
  const args = (id: string | undefined, name: string | undefined, json: string, index?: number) => ({
    id,
    name,
    args: json,
    index,
  })

  test.each<[string, object[][]]>([
    ['both index 0', [[args('a', 'add', '{"x":1}', 0)], [args('b', 'now', '{}', 0)]]],
    ['no index', [[args('a', 'add', '{"x":1}'), args('b', 'now', '{}')]]],
    [
      'in pieces by index',
      [
        [args('a', 'add', '', 0), args('b', 'now', '', 1)],
        [args(undefined, undefined, '{', 1)],
        [args(undefined, undefined, '{"x":', 0)],
        [args(undefined, undefined, '1}', 0), args(undefined, undefined, '}', 1)],
      ],
    ],
  ])('tells calls apart: %s', async (_, chunks) => {
    const { calls } = await said(chunks.map((tool_call_chunks) => m({ tool_call_chunks })))
    expect(calls).toEqual([
      { id: 'a', name: 'add', input: { x: 1 } },
      { id: 'b', name: 'now', input: {} },
    ])
  })

  test('reads messages as LangChain serialises them, and a message that comes again under another id', async () => {
    const json = (message: object) => JSON.parse(JSON.stringify(message)) as object
    const chunks = [
      chunk({ id: 'run-1', content: 'It is ' }),
      chunk({ id: 'run-1', content: '21°', ...stop }),
      new AIMessage({ id: 'other', content: 'It is 21°' }),
    ]
    for (const items of [chunks, chunks.map(json), chunks.map((message) => message.toDict())]) {
      expect(await said(items)).toMatchObject({
        text: 'It is 21°',
        status: 'complete',
        metadata: { model: 'gpt' },
      })
    }
    const call = { id: 'c', name: 'add', args: { x: 1 } }
    const again = [
      m({ tool_call_chunks: [args('c', 'add', '{"x":1}', 0)] }),
      new AIMessage({ id: 'other', content: '', tool_calls: [call] }),
    ]
    expect(await said(again)).toMatchObject({ calls: [{ id: 'c', input: { x: 1 } }], status: 'complete' })
    // The same words twice, with something in between, are two messages.
    const twice = [new AIMessage('Done.'), new HumanMessage('again'), new AIMessage('Done.')]
    expect((await said(twice)).text).toBe('Done.Done.')
  })

  test('keeps the texts of nodes that speak at once apart', async () => {
    const items = ['a1', 'b1', 'a2', 'b2'].map((content) => m({ id: content[0], content }))
    const events = await collect(fromLangGraph(streamed(items) as never, { assumeFinished: true }))
    expect(events.filter(({ type }) => type === 'text-start')).toHaveLength(2)
    assembled(events)
  })

  test('shows the arguments that messages/partial has in the end', async () => {
    const partial = (input: object, mode = 'partial') => ({
      event: `messages/${mode}`,
      data: [{ type: 'ai', id: 'm', content: '', tool_calls: [{ id: 'c', name: 'add', args: input }] }],
    })
    const { calls } = await said([partial({}), partial({ x: 1 }), partial({ x: 1, y: 2 }, 'complete')])
    expect(calls).toEqual([{ id: 'c', name: 'add', input: { x: 1, y: 2 } }])
  })

  test('leaves out what is of another type, and says so', async () => {
    const found = await said([
      m({ content: 5 }),
      m({ content: [{ type: 'text', text: { no: 'text' } }, { type: 'odd' }, { type: 'tool_use' }] }),
      m({ content: 'x', ...stop }),
      null,
      'text',
      5,
      m({ id: 'n', content: 'streamed' }),
      new AIMessage({ id: 'n', content: 'rewritten' }),
    ])
    expect(found).toMatchObject({ text: 'xstreamed', reasoning: '' })
    expect(found.dropped).toEqual([
      'content',
      'content[0].text',
      'content[1]',
      'message',
      'text of message n',
    ])
  })

  test('gives results of tools as they are, and objects as objects', async () => {
    const result = async (content: string) => {
      const call = new AIMessage({ content: '', tool_calls: [{ id: 'c', name: 't', args: {} }] })
      return (await said([call, new ToolMessage({ tool_call_id: 'c', content })])).calls[0]!.output
    }
    expect(await result('{"a":1}')).toEqual({ a: 1 })
    for (const text of ['42', 'true', 'null', '"x"', 'sunny']) expect(await result(text)).toBe(text)
  })

  test('adds up usage', async () => {
    const usage_metadata = { input_tokens: 5, output_tokens: 1, total_tokens: 6 }
    const more = { usage_metadata: { input_tokens: 0, output_tokens: 2, total_tokens: 2 }, ...stop }
    const { end } = await said([m({ content: 'x', usage_metadata }), m(more)])
    expect(end).toEqual({
      type: 'finish',
      finishReason: 'stop',
      usage: { inputTokens: 5, outputTokens: 3, totalTokens: 8 },
    })
  })

  test.each<[string, unknown[], string]>([
    ['nothing', [], 'error'],
    ['a message without words', [m({})], 'error'],
    ['a graph that tells its state alone', [['values', { messages: [] }]], 'error'],
    ['half a message', [m({ content: 'Half' })], 'error'],
    [
      'half a message among whole ones',
      [m({ id: 'a', content: 'x', ...stop }), m({ content: 'Half' })],
      'error',
    ],
    [
      'half a message that ran beside a whole one',
      [m({ content: 'Ha' }), m({ id: 'b', content: 'x' }), m({ content: 'lf' }), m({ id: 'b', ...stop })],
      'error',
    ],
    [
      'a message that grows',
      [{ event: 'messages/partial', data: [{ type: 'ai', id: 'm', content: 'Half' }] }],
      'error',
    ],
    ['a model that failed', [m({ content: 'Half', response_metadata: { finish_reason: 'error' } })], 'error'],
    [
      'an error of the server',
      [m({ content: 'x', ...stop }), { event: 'error', data: { message: 'Oh' } }],
      'error',
    ],
    ['a reason', [m({ content: 'x', ...stop })], 'complete'],
    [
      'a reason of Anthropic',
      [m({ content: 'x', additional_kwargs: { stop_reason: 'end_turn' } })],
      'complete',
    ],
    ['the last chunk', [m({ content: 'x', chunk_position: 'last' })], 'complete'],
    ['a whole message', [new AIMessage('x')], 'complete'],
    ['the end of the run', [m({ content: 'x' }), { event: 'end', data: null }], 'complete'],
    [
      'a message that was followed by another',
      [m({ content: 'x' }), m({ id: 'b', content: 'y', ...stop })],
      'complete',
    ],
  ])('ends with %s', async (_, items, status) => {
    expect((await said(items)).status).toBe(status)
  })
})

describe('a graph', () => {
  const State = Annotation.Root({
    messages: Annotation<unknown[]>({ reducer: (a, b) => [...a, ...b], default: () => [] }),
  })
  const calling = new AIMessage({
    id: 'm',
    content: 'May I?',
    tool_calls: [{ id: 'c', name: 'rm', args: { path: '/' } }],
    response_metadata: { finish_reason: 'tool_calls' },
  })

  test('asks for approval where it is interrupted', async () => {
    for (const asks of [
      { actionRequests: [{ name: 'rm', args: { path: '/' }, description: 'careful' }], reviewConfigs: [] },
      [{ action_request: { action: 'rm', args: { path: '/' } }, description: 'careful' }],
    ]) {
      const graph = new StateGraph(State)
        .addNode('model', () => ({ messages: [calling] }))
        .addNode('gate', () => interrupt<unknown, never>(asks))
        .addEdge('__start__', 'model')
        .addEdge('model', 'gate')
        .compile({ checkpointer: new MemorySaver() })
      const config = { streamMode: ['messages', 'updates'] as never, configurable: { thread_id: '1' } }
      const events = await collect(fromLangGraph((await graph.stream({ messages: [] }, config)) as never))
      expect(assembled(events).calls).toMatchObject([{ id: 'c', name: 'rm', input: { path: '/' } }])
      expect(events.slice(-2)).toMatchObject([
        {
          type: 'tool-approval-request',
          toolCallId: 'c',
          toolName: 'rm',
          input: { path: '/' },
          reason: 'careful',
          approvalId: expect.any(String),
        },
        { type: 'finish', finishReason: 'tool-calls', rawFinishReason: 'interrupt' },
      ])
    }
  })

  test('asks what an interrupt of any shape says', async () => {
    const graph = new StateGraph(State)
      .addNode('gate', () => interrupt<string, never>('Go on?'))
      .addEdge('__start__', 'gate')
      .compile({ checkpointer: new MemorySaver() })
    for (const streamMode of ['updates', 'values', ['updates', 'values']]) {
      const config = {
        streamMode: streamMode as never,
        configurable: { thread_id: JSON.stringify(streamMode) },
      }
      const events = await collect(fromLangGraph((await graph.stream({ messages: [] }, config)) as never))
      expect(events).toMatchObject([
        { type: 'tool-approval-request', toolName: 'interrupt', input: 'Go on?' },
        { type: 'finish', rawFinishReason: 'interrupt' },
      ])
    }
  })

  test('writes data of its own', async () => {
    const graph = new StateGraph(State)
      .addNode('model', (_, { writer }) => {
        writer?.({ type: 'progress', id: 'p', done: 1 })
        writer?.('loading')
        return { messages: [new AIMessage('Hi')] }
      })
      .addEdge('__start__', 'model')
      .compile()
    for (const config of [{}, { subgraphs: true }]) {
      const stream = await graph.stream(
        { messages: [] },
        { streamMode: ['custom', 'messages'] as never, ...config },
      )
      const events = await collect(fromLangGraph(stream as never))
      expect(assembled(events)).toMatchObject({ text: 'Hi', status: 'complete' })
      expect(events.filter(({ type }) => type.startsWith('data-'))).toEqual([
        { type: 'data-progress', id: 'p', data: { type: 'progress', id: 'p', done: 1 } },
        { type: 'data-custom', data: 'loading' },
      ])
    }
  })
})
