import { describe, expect, it } from 'vitest'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
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
  it.each(recordings('openai-responses'))('%s', async (name) => {
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
  it.each(recordings('openai-chat'))('%s', async (name) => {
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
  it('maps parallel tool calls, reasoning and refusals', async () => {
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

  it('tells a truncated answer, arguments that are no JSON, and an error in the stream', async () => {
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
  it('tells a truncated, a filtered and a refused answer apart', async () => {
    const finish = async (...events: object[]) =>
      (await collect(fromOpenAI(streamed(events as never[])))).at(-1)
    const incomplete = (reason: string) => ({
      type: 'response.incomplete',
      response: { incomplete_details: { reason } },
    })
    expect(await finish(incomplete('max_output_tokens'))).toEqual({ type: 'finish', finishReason: 'length' })
    expect(await finish(incomplete('content_filter'))).toEqual({
      type: 'finish',
      finishReason: 'content-filter',
    })
    const refusal = { type: 'response.refusal.delta', item_id: 'm', content_index: 0, delta: 'No.' }
    expect(await finish(refusal, { type: 'response.completed', response: { output: [] } })).toEqual({
      type: 'finish',
      finishReason: 'content-filter',
    })
    expect(await finish({ type: 'response.created' })).toMatchObject({
      type: 'error',
      code: 'stream_truncated',
    })
  })
})
