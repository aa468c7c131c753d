import { describe, expect, test } from 'vitest'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import { assembled } from '../../test/assembled.ts'
import { fromOpenAI } from './openai.ts'
import {
  checkGrammar,
  collect,
  haveRecordings,
  joined,
  recorded,
  recordings,
  streamed,
} from '../../test/providerRecordings.ts'

describe.skipIf(!haveRecordings)('recordings of the Responses API', () => {
  test.each(recordings('openai-responses'))('%s', async (name) => {
    const raw = recorded<ResponseStreamEvent>('openai-responses', name)
    const events = await collect(fromOpenAI(streamed(raw)))
    checkGrammar(events)
    const completed = raw.filter((event) => event.type === 'response.completed')
    const output = completed.flatMap((event) => event.response.output)
    const text = output.flatMap((item) => (item.type === 'message' ? item.content : []))
    expect(joined(events, 'text-delta')).toBe(
      text.map((part) => (part.type === 'output_text' ? part.text : part.refusal)).join(''),
    )
    const summaries = output.flatMap((item) => (item.type === 'reasoning' ? item.summary : []))
    expect(joined(events, 'reasoning-delta')).toBe(summaries.map((part) => part.text).join(''))
    const cited = text.flatMap((part) => (part.type === 'output_text' ? part.annotations : []))
    expect(events.filter(({ type }) => type === 'source-url')).toHaveLength(
      cited.filter(({ type }) => type === 'url_citation').length,
    )
    for (const item of output) {
      if (item.type !== 'function_call') continue
      expect(events).toContainEqual({
        type: 'tool-input-available',
        toolCallId: item.call_id,
        toolName: item.name,
        input: JSON.parse(item.arguments),
      })
    }
    expect(events.at(-1)).toMatchObject(
      name.startsWith('error') ? { type: 'error', code: 'insufficient_quota' } : { type: 'finish' },
    )
  })
})

describe.skipIf(!haveRecordings)('recordings of Chat Completions', () => {
  test.each(recordings('openai-chat'))('%s', async (name) => {
    const raw = recorded<ChatCompletionChunk>('openai-chat', name)
    const events = await collect(fromOpenAI(streamed(raw)))
    checkGrammar(events)
    expect(joined(events, 'text-delta')).toBe(
      raw.map(({ choices }) => choices[0]?.delta.content ?? '').join(''),
    )
    expect(events.at(-1)).toMatchObject({
      type: 'finish',
      finishReason: 'stop',
      usage: { inputTokens: 16, outputTokens: 300, totalTokens: 316 },
    })
  })
})

const chunk = (delta: object, finish_reason: string | null = null) =>
  ({ id: 'c', object: 'chat.completion.chunk', choices: [{ index: 0, delta, finish_reason }] }) as never

describe('Chat Completions', () => {
  test('maps parallel tool calls, reasoning and refusals', async () => {
    const events = await collect(
      fromOpenAI(
        streamed([
          chunk({ reasoning_content: 'Hm' }),
          chunk({ content: 'Let me see.' }),
          chunk({ tool_calls: [{ index: 0, id: 'a', function: { name: 'add', arguments: '' } }] }),
          chunk({ tool_calls: [{ index: 0, function: { arguments: '{"x":1' } }] }),
          chunk({ tool_calls: [{ index: 1, id: 'b', function: { name: 'now', arguments: '' } }] }),
          chunk({ tool_calls: [{ index: 0, function: { arguments: '}' } }] }),
          chunk({}, 'tool_calls'),
        ]),
      ),
    )
    checkGrammar(events)
    expect(joined(events, 'reasoning-delta')).toBe('Hm')
    expect(events.slice(-3)).toEqual([
      { type: 'tool-input-available', toolCallId: 'a', toolName: 'add', input: { x: 1 } },
      { type: 'tool-input-available', toolCallId: 'b', toolName: 'now', input: {} },
      { type: 'finish', finishReason: 'tool-calls' },
    ])
    const refused = await collect(fromOpenAI(streamed([chunk({ refusal: 'No.' }), chunk({}, 'stop')])))
    expect(joined(refused, 'text-delta')).toBe('No.')
    expect(refused.at(-1)).toEqual({ type: 'finish', finishReason: 'content-filter' })
  })

  test('tells a truncated answer, arguments that are no JSON, and an error in the stream', async () => {
    expect((await collect(fromOpenAI(streamed([chunk({ content: 'x' }, 'length')])))).at(-1)).toEqual({
      type: 'finish',
      finishReason: 'length',
    })
    expect((await collect(fromOpenAI(streamed([chunk({ content: 'x' })])))).at(-1)).toMatchObject({
      type: 'error',
      code: 'stream_truncated',
    })
    const call = { tool_calls: [{ index: 0, id: 'a', function: { name: 'add', arguments: '{"x"' } }] }
    expect((await collect(fromOpenAI(streamed([chunk(call), chunk({}, 'length')])))).at(-2)).toMatchObject({
      type: 'tool-input-error',
      input: '{"x"',
    })
    const failure = { error: { message: 'overloaded', code: 502 } } as never
    expect(await collect(fromOpenAI(streamed([failure])))).toEqual([
      { type: 'error', errorText: 'overloaded', code: '502' },
    ])
  })
})

describe('Responses', () => {
  const said = async (...events: object[]) =>
    assembled(await collect(fromOpenAI(streamed(events as never[]))))
  const message = (text: string, id = 'm') => ({
    type: 'message',
    id,
    content: [{ type: 'output_text', text, annotations: [] }],
  })
  const completed = (...output: object[]) => ({
    type: 'response.completed',
    response: { status: 'completed', output },
  })
  const delta = (text: unknown, more: object = {}) => ({
    type: 'response.output_text.delta',
    output_index: 0,
    content_index: 0,
    item_id: 'm',
    delta: text,
    ...more,
  })

  test('tells a truncated, a filtered and a refused answer apart', async () => {
    const finish = async (...events: object[]) => (await said(...events)).end
    const incomplete = (reason?: string) => ({
      type: 'response.incomplete',
      response: { incomplete_details: reason ? { reason } : null },
    })
    expect(await finish(incomplete('max_output_tokens'))).toEqual({ type: 'finish', finishReason: 'length' })
    expect(await finish(incomplete('content_filter'))).toEqual({
      type: 'finish',
      finishReason: 'content-filter',
    })
    const refusal = { type: 'response.refusal.delta', item_id: 'm', content_index: 0, delta: 'No.' }
    expect(await finish(refusal, completed())).toEqual({ type: 'finish', finishReason: 'content-filter' })
    expect(await finish({ type: 'response.created' })).toMatchObject({
      type: 'error',
      code: 'stream_truncated',
    })
    expect(await finish(delta('Half'), incomplete())).toMatchObject({ type: 'error', code: 'incomplete' })
    expect(await finish(delta('Half'), { type: 'response.cancelled', response: {} })).toMatchObject({
      type: 'abort',
    })
    const failed = { type: 'response.failed', response: { error: { code: 'server_error', message: 'Oh' } } }
    expect(await finish(delta('Half'), failed)).toEqual({
      type: 'error',
      errorText: 'Oh',
      code: 'server_error',
    })
    // A status that the event's name does not tell.
    expect(
      await finish({ ...completed(), response: { status: 'failed', error: { message: 'Oh' } } }),
    ).toEqual({
      type: 'error',
      errorText: 'Oh',
    })
  })

  test('shows an answer of which only ends, or only the final list, are told', async () => {
    const text = { text: 'Hello', status: 'complete' }
    const at = { output_index: 0, content_index: 0, item_id: 'm' }
    expect(
      await said({ type: 'response.output_text.done', ...at, text: 'Hello' }, completed()),
    ).toMatchObject(text)
    const part = { type: 'output_text', text: 'Hello', annotations: [] }
    expect(await said({ type: 'response.content_part.done', ...at, part }, completed())).toMatchObject(text)
    const item = { type: 'response.output_item.done', output_index: 0, item: message('Hello') }
    expect(await said(item, completed(message('Hello')))).toMatchObject(text)
    expect(await said(completed(message('Hello')))).toMatchObject(text)
    expect(await said(delta('Hel'), completed(message('Hello')))).toMatchObject(text)
    const call = { type: 'function_call', id: 'fc', call_id: 'c', name: 'add', arguments: '{"x":1}' }
    const reasoning = { type: 'reasoning', id: 'r', summary: [{ type: 'summary_text', text: 'Hm' }] }
    expect(await said(completed(reasoning, call))).toMatchObject({
      reasoning: 'Hm',
      calls: [{ id: 'c', name: 'add', input: { x: 1 } }],
      end: { finishReason: 'tool-calls' },
    })
  })

  test('goes by output_index and content_index where item ids change with every event', async () => {
    let id = 0
    const next = () => ({ item_id: `id-${id++}` })
    const found = await said(
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { type: 'message', id: 'x', content: [] },
      },
      { type: 'response.output_item.added', output_index: 1, item: { ...callItem('c', ''), id: 'y' } },
      delta('Hel', next()),
      { type: 'response.function_call_arguments.delta', output_index: 1, delta: '{"x"', ...next() },
      delta('lo', next()),
      delta('!', { content_index: 1, ...next() }),
      { type: 'response.function_call_arguments.delta', output_index: 1, delta: ':1}', ...next() },
      { type: 'response.output_item.done', output_index: 1, item: { ...callItem('c', '{"x":1}'), id: 'z' } },
      completed(
        {
          ...message('Hello', 'w'),
          content: [...message('Hello').content, { type: 'output_text', text: '!' }],
        },
        { ...callItem('c', '{"x":1}'), id: 'v' },
      ),
    )
    expect(found).toMatchObject({
      text: 'Hello!',
      calls: [{ id: 'c', input: { x: 1 } }],
      status: 'complete',
      dropped: [],
    })
  })

  test('goes by id where all indexes are the same', async () => {
    const at = { output_index: 0, content_index: 0 }
    const found = await said(
      {
        type: 'response.output_item.added',
        output_index: 0,
        item: { type: 'reasoning', id: 'r', summary: [] },
      },
      { type: 'response.reasoning_summary_text.delta', ...at, summary_index: 0, item_id: 'r', delta: 'Hm' },
      {
        type: 'response.output_item.done',
        output_index: 0,
        item: { type: 'reasoning', id: 'r', summary: [] },
      },
      { type: 'response.output_item.added', output_index: 0, item: { ...callItem('a', ''), id: 'fa' } },
      { type: 'response.output_item.added', output_index: 0, item: { ...callItem('b', ''), id: 'fb' } },
      { type: 'response.function_call_arguments.delta', output_index: 0, item_id: 'fa', delta: '{"x":1}' },
      { type: 'response.function_call_arguments.delta', output_index: 0, item_id: 'fb', delta: '{"x":2}' },
      completed(),
    )
    expect(found).toMatchObject({
      reasoning: 'Hm',
      calls: [
        { id: 'a', input: { x: 1 } },
        { id: 'b', input: { x: 2 } },
      ],
    })
  })

  test('says when the final answer is another than the one that was streamed', async () => {
    expect(await said(delta('Hello'), completed(message('Goodbye')))).toMatchObject({
      status: 'error',
      end: { code: 'stream_inconsistent' },
    })
    // A server that keeps its final list empty says nothing against it.
    expect(await said(delta('Hello'), completed())).toMatchObject({ text: 'Hello', status: 'complete' })
  })

  test('leaves out what is no text, and says so', async () => {
    expect(await said(delta('Hel'), delta({ no: 'text' }), delta(5), delta('lo'), completed())).toMatchObject(
      {
        text: 'Hello',
        dropped: ['response.output_text.delta delta'],
      },
    )
    const audio = { type: 'response.audio.delta', delta: 'AAAA' }
    expect(await said(audio, completed())).toMatchObject({ text: '', dropped: ['response.audio.delta'] })
  })

  test.each([
    ['shell_call', 'shell_call_output', { output: [{ stdout: 'a' }] }, [{ stdout: 'a' }]],
    ['program', 'program_output', { result: '7' }, '7'],
    ['tool_search_call', 'tool_search_output', { tools: [{ name: 'x' }] }, { tools: [{ name: 'x' }] }],
    ['apply_patch_call', 'apply_patch_call_output', { output: 'done' }, 'done'],
    ['local_shell_call', 'local_shell_call_output', { output: 'ok' }, 'ok'],
  ])('gives a %s its %s', async (call, type, more, output) => {
    for (const callId of ['c', null]) {
      const found = await said(
        {
          type: 'response.output_item.done',
          output_index: 0,
          item: { type: call, id: 'i', call_id: 'c', code: '1' },
        },
        { type: 'response.output_item.added', output_index: 1, item: { type, id: 'o', call_id: callId } },
        {
          type: 'response.output_item.done',
          output_index: 1,
          item: { type, id: 'o', call_id: callId, ...more },
        },
        completed(),
      )
      expect(found.calls).toMatchObject([{ id: 'c', output }])
      expect(found.end).toEqual({ type: 'finish', finishReason: 'stop' })
    }
  })

  test('tells what the next call needs: item ids and encrypted reasoning', async () => {
    const events = await collect(
      fromOpenAI(
        streamed([
          completed(
            { type: 'reasoning', id: 'rs', summary: [], encrypted_content: 'secret' },
            message('Hi', 'msg'),
            callItem('c', '{}'),
          ),
        ] as never[]),
      ),
    )
    assembled(events)
    expect(events.filter(({ type }) => type === 'part-metadata')).toMatchObject([
      {
        part: 'reasoning',
        providerMetadata: { openai: { itemId: 'rs', reasoningEncryptedContent: 'secret' } },
      },
      { part: 'text', providerMetadata: { openai: { itemId: 'msg' } } },
      { part: 'tool-call', id: 'c', providerMetadata: { openai: { itemId: 'fc-c' } } },
    ])
  })

  test('shows a generated picture as a file', async () => {
    const item = { type: 'image_generation_call', id: 'ig', status: 'completed', result: 'AAAA' }
    expect((await said(completed(item))).files).toEqual(['data:image/png;base64,AAAA'])
  })

  function callItem(callId: string, args: string): object {
    return { type: 'function_call', id: `fc-${callId}`, call_id: callId, name: 'add', arguments: args }
  }
})
