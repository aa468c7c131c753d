import { describe, expect, it } from 'vitest'
import type { RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages'
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
  it.each(recordings('anthropic'))('%s', async (name) => {
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

  it('places citations in the text that they cover, and shows one text for many blocks', async () => {
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

  it('tells a truncated answer and an error in the stream', async () => {
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

  it('reports the error of a tool that Anthropic runs', async () => {
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
})
