import { describe, expect, test } from 'vitest'
import type { RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages'
import { assembled } from '../../test/assembled.ts'
import { fromAnthropic } from './anthropic.ts'
import {
  checkGrammar,
  collect,
  haveRecordings,
  joined,
  recorded,
  recordings,
  streamed,
} from '../../test/providerRecordings.ts'

interface AnyEvent {
  type: string
  usage?: { output_tokens: number }
  index?: number
  content_block?: { type: string; id?: string; name?: string; citations?: unknown[] }
  delta?: { type?: string; text?: string; thinking?: string; partial_json?: string; stop_reason?: string }
}

const reasons: Record<string, string> = {
  end_turn: 'stop',
  tool_use: 'tool-calls',
  refusal: 'content-filter',
}

describe.skipIf(!haveRecordings)('recordings of the Messages API', () => {
  test.each(recordings('anthropic'))('%s', async (name) => {
    const raw = recorded<AnyEvent>('anthropic', name)
    const events = await collect(fromAnthropic(streamed(raw as RawMessageStreamEvent[])))
    checkGrammar(events)
    const sum = (key: 'text' | 'thinking') => raw.map(({ delta }) => delta?.[key] ?? '').join('')
    expect(joined(events, 'text-delta')).toBe(sum('text'))
    expect(joined(events, 'reasoning-delta')).toBe(sum('thinking'))
    for (const { index, content_block: block } of raw) {
      if (!block?.type.endsWith('tool_use')) continue
      const json = raw
        .map((event) => (event.index === index ? (event.delta?.partial_json ?? '') : ''))
        .join('')
      expect(events).toContainEqual({
        type: 'tool-input-available',
        toolCallId: block.id,
        toolName: block.name,
        input: JSON.parse(json || '{}'),
      })
    }
    const citations = raw.filter(({ delta }) => delta?.type === 'citations_delta')
    expect(events.filter(({ type }) => type === 'source-url')).toHaveLength(citations.length)
    const stop = raw.find(({ delta }) => delta?.stop_reason)!.delta!.stop_reason!
    const usage = raw.findLast(({ usage }) => usage)!.usage!
    expect(events.at(-1)).toMatchObject({
      type: 'finish',
      finishReason: reasons[stop],
      usage: { outputTokens: usage.output_tokens },
    })
  })

  test('places citations in the text that they cover, and shows one text for many blocks', async () => {
    const raw = recorded<RawMessageStreamEvent>('anthropic', 'web-search-tool.1.jsonl')
    const events = await collect(fromAnthropic(streamed(raw)))
    const text = joined(events, 'text-delta')
    expect(events.filter(({ type }) => type === 'text-start')).toHaveLength(1)
    const starts = raw.flatMap((event) => {
      const block = event.type === 'content_block_start' ? event.content_block : undefined
      return block?.type === 'text' ? [event as { index: number }] : []
    })
    const cited = starts
      .map(({ index }) => raw.filter((event) => 'index' in event && event.index === index) as AnyEvent[])
      .flatMap((block) => {
        const citations = block.filter(({ delta }) => delta?.type === 'citations_delta').length
        return Array<string>(citations).fill(block.map(({ delta }) => delta?.text ?? '').join(''))
      })
    const placed = events.flatMap((event) =>
      event.type === 'source-url' ? [text.slice(event.startOffset, event.endOffset)] : [],
    )
    expect(placed).toEqual(cited)
  })
})

describe('Messages', () => {
  const start = { type: 'message_start' }
  const read = (...events: object[]) => collect(fromAnthropic(streamed(events as RawMessageStreamEvent[])))
  const delta = (stop_reason: string) => ({ type: 'message_delta', delta: { stop_reason } })

  test('tells a truncated answer and an error in the stream', async () => {
    expect((await read(start, delta('max_tokens'), { type: 'message_stop' })).at(-1)).toEqual({
      type: 'finish',
      finishReason: 'length',
    })
    expect((await read(start)).at(-1)).toMatchObject({ type: 'error', code: 'stream_truncated' })
    const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }
    expect((await read(start, overloaded)).at(-1)).toEqual({
      type: 'error',
      errorText: 'Overloaded',
      code: 'overloaded_error',
    })
  })

  test('reports the error of a tool that Anthropic runs', async () => {
    const events = await read(
      start,
      {
        type: 'content_block_start',
        index: 0,
        content_block: { type: 'server_tool_use', id: 't', name: 'web_search', input: {} },
      },
      { type: 'content_block_stop', index: 0 },
      {
        type: 'content_block_start',
        index: 1,
        content_block: {
          type: 'web_search_tool_result',
          tool_use_id: 't',
          content: { type: 'web_search_tool_result_error', error_code: 'max_uses_exceeded' },
        },
      },
      { type: 'content_block_stop', index: 1 },
      delta('pause_turn'),
      { type: 'message_stop' },
    )
    checkGrammar(events)
    expect(events).toContainEqual({
      type: 'tool-output-error',
      toolCallId: 't',
      errorText: 'max_uses_exceeded',
    })
    expect(events.at(-1)).toEqual({ type: 'finish', finishReason: 'other', rawFinishReason: 'pause_turn' })
  })

  const block = (index: number | undefined, content_block: object, ...deltas: object[]) => [
    { type: 'content_block_start', index, content_block },
    ...deltas.map((delta) => ({ type: 'content_block_delta', index, delta })),
    { type: 'content_block_stop', index },
  ]
  const text = (said: unknown) => ({ type: 'text_delta', text: said })
  const end = [delta('end_turn'), { type: 'message_stop' }]

  test('keeps signatures, redacted thinking and the place of a citation in a document', async () => {
    const cited = {
      type: 'char_location',
      cited_text: 'grass is green',
      document_index: 0,
      document_title: 'Facts',
      start_char_index: 3,
      end_char_index: 17,
    }
    const events = await read(
      start,
      ...block(
        0,
        { type: 'thinking', thinking: '', signature: '' },
        { type: 'thinking_delta', thinking: 'Hm' },
        { type: 'signature_delta', signature: 'sig' },
      ),
      ...block(1, { type: 'redacted_thinking', data: 'secret' }),
      ...block(2, { type: 'text', text: '' }, text('It is '), { type: 'citations_delta', citation: cited }),
      ...end,
    )
    expect(assembled(events)).toMatchObject({ reasoning: 'Hm', text: 'It is ', status: 'complete' })
    expect(events.flatMap((event) => (event.type === 'part-metadata' ? event.providerMetadata : []))).toEqual(
      [{ anthropic: { signature: 'sig' } }, { anthropic: { redactedData: 'secret' } }],
    )
    expect(events).toContainEqual(
      expect.objectContaining({
        type: 'source-document',
        title: 'Facts',
        snippet: 'grass is green',
        startOffset: 0,
        endOffset: 6,
      }),
    )
  })

  test('adds up the usage, caches included, and tells the model', async () => {
    const usage = { input_tokens: 5, cache_read_input_tokens: 20, output_tokens: 1 }
    const found = assembled(
      await read(
        { type: 'message_start', message: { id: 'm', model: 'claude', usage } },
        { ...delta('end_turn'), usage: { output_tokens: 9, input_tokens: null } },
        { type: 'message_stop' },
      ),
    )
    expect(found.metadata).toEqual({ model: 'claude' })
    expect(found.end).toEqual({
      type: 'finish',
      finishReason: 'stop',
      usage: {
        inputTokens: 25,
        inputTokenDetails: { noCacheTokens: 5, cacheReadTokens: 20 },
        outputTokens: 9,
        totalTokens: 34,
      },
    })
  })

  test('reads blocks that all have one index, or none, and those that come whole', async () => {
    for (const index of [0, undefined]) {
      const use = (id: string) => ({ type: 'tool_use', id, name: 'add', input: {} })
      const json = (partial_json: unknown) => ({ type: 'input_json_delta', partial_json })
      const found = assembled(
        await read(
          start,
          ...block(index, { type: 'text', text: '' }, text('Hi')),
          ...block(index, use('a'), json('{"x":'), json('1}')),
          ...block(index, use('b'), json('{"x":2}')),
          ...end,
        ),
      )
      expect(found).toMatchObject({
        text: 'Hi',
        calls: [
          { id: 'a', input: { x: 1 } },
          { id: 'b', input: { x: 2 } },
        ],
      })
    }
    const message = {
      id: 'm',
      content: [
        { type: 'thinking', thinking: 'Hm', signature: 's' },
        { type: 'text', text: 'Hi' },
        { type: 'tool_use', id: 'a', name: 'add', input: { x: 1 } },
      ],
      stop_reason: 'tool_use',
    }
    expect(assembled(await read({ type: 'message_start', message }, { type: 'message_stop' }))).toMatchObject(
      {
        reasoning: 'Hm',
        text: 'Hi',
        calls: [{ id: 'a', input: { x: 1 } }],
        end: { type: 'finish', finishReason: 'tool-calls' },
      },
    )
  })

  test('leaves out what is of another type, and says so', async () => {
    const found = assembled(
      await read(
        start,
        ...block(0, { type: 'text', text: '' }, text('Hi'), text({ no: 'text' }), text(5), {
          type: 'odd_delta',
        }),
        ...block(1, { type: 'container_upload', file_id: 'f' }),
        null as never,
        ...end,
      ),
    )
    expect(found).toMatchObject({
      text: 'Hi',
      status: 'complete',
      dropped: ['text_delta.text', 'odd_delta', 'content block of type "container_upload"'],
    })
  })

  test('has no end but the one that the model made', async () => {
    expect(assembled(await read())).toMatchObject({ status: 'error', end: { code: 'stream_truncated' } })
    const half = [start, ...block(0, { type: 'text', text: '' }, text('Half'))]
    expect(assembled(await read(...half, delta('end_turn')))).toMatchObject({ text: 'Half', status: 'error' })
    expect(assembled(await read(...half, { type: 'error', error: 'overloaded' }))).toMatchObject({
      status: 'error',
      end: { errorText: 'overloaded' },
    })
  })
})
