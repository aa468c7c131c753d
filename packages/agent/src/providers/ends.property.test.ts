import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { assembled } from '../../test/assembled.ts'
import { chatStream, messagesStream, responsesStream } from '../../test/apiStreams.ts'
import { collect, haveRecordings, recorded, recordings, streamed } from '../../test/providerRecordings.ts'
import type { ModelEvent } from '../response/modelEvent.ts'
import { fromAISDK } from './ai-sdk.ts'
import { fromAnthropic } from './anthropic.ts'
import { fromGoogle } from './google.ts'
import { fromLangGraph } from './langgraph.ts'
import { fromOpenAI } from './openai.ts'
import { fromOpenAICompatible } from './openai-compatible.ts'

type Mapper = (stream: AsyncIterable<never>) => AsyncIterable<ModelEvent>

const mappers: Record<string, Mapper> = {
  fromAISDK,
  fromAnthropic,
  fromGoogle,
  fromLangGraph,
  fromOpenAI,
  fromOpenAICompatible,
}
const read = (mapper: Mapper, items: readonly unknown[]) => collect(mapper(streamed(items) as never))

/** Answers whose last item is their end, and is needed for it. */
const answers: [name: string, mapper: Mapper, items: fc.Arbitrary<readonly object[]>][] = [
  [
    'UI message streams',
    fromAISDK,
    said((text) => ({ type: 'text-delta', id: '0', delta: text }), {
      before: [{ type: 'start' }, { type: 'text-start', id: '0' }],
      after: [
        { type: 'text-end', id: '0' },
        { type: 'finish-step' },
        { type: 'finish', finishReason: 'stop' },
      ],
    }),
  ],
  [
    'LangGraph',
    fromLangGraph,
    said((text) => [{ type: 'AIMessageChunk', id: 'm', content: text }, {}], {
      before: [],
      after: [[{ type: 'AIMessageChunk', id: 'm', response_metadata: { finish_reason: 'stop' } }, {}]],
    }),
  ],
  [
    'Gemini',
    fromGoogle,
    said((text) => ({ candidates: [{ content: { parts: [{ text }] } }] }), {
      before: [],
      after: [{ candidates: [{ finishReason: 'STOP' }] }],
    }),
  ],
]

function said(
  piece: (text: string) => object,
  { before, after }: { before: object[]; after: object[] },
): fc.Arbitrary<readonly object[]> {
  return fc
    .array(fc.string({ minLength: 1 }), { minLength: 1 })
    .map((texts) => [...before, ...texts.map(piece), ...after])
}

describe('an answer is finished only if its model said so', () => {
  test.each(answers)('%s', async (_, mapper, items) => {
    await fc.assert(
      fc.asyncProperty(items, fc.nat(), async (answer, cut) => {
        expect(assembled(await read(mapper, answer)).status).toBe('complete')
        const part = answer.slice(0, cut % answer.length)
        expect(assembled(await read(mapper, part)).status).toBe('error')
      }),
    )
  })

  test
    .skipIf(!haveRecordings)
    .each(
      (['anthropic', 'openai-chat', 'openai-responses'] as const).flatMap((api) =>
        recordings(api).map((name) => [api, name] as const),
      ),
    )('%s/%s, cut anywhere', async (api, name) => {
    const mapper: Mapper = api === 'anthropic' ? fromAnthropic : fromOpenAI
    const ends = /"(message_stop|response\.(created|completed|incomplete|failed)|error)"|finish_reason":"/
    const items = recorded<object>(api, name)
    const first = items.findIndex((item, place) => place > 0 && ends.test(JSON.stringify(item)))
    const step = Math.ceil(first / 40)
    for (let cut = 0; cut < first; cut += step) {
      expect(assembled(await read(mapper, items.slice(0, cut))).status).toBe('error')
    }
  })
})

describe('what no provider says neither throws nor ends an answer', () => {
  const words = fc.constantFrom(
    'type',
    'delta',
    'choices',
    'content',
    'candidates',
    'parts',
    'text',
    'item',
    'index',
    'message',
    'id',
    'tool_calls',
    'function',
    'output',
    'citations',
    'usage',
    'tool_call_chunks',
    'data',
    'event',
    'error',
  )
  const types = fc.constantFrom(
    'text-delta',
    'text-end',
    'tool-call',
    'tool-result',
    'source',
    'file',
    'reasoning-end',
    'AIMessageChunk',
    'response.output_text.delta',
    'response.output_item.done',
    'content_block_start',
    'content_block_delta',
    'message_delta',
    'ai',
    'tool',
    'messages',
    'updates',
    'response.output_text.annotation.added',
  )
  const { value } = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.jsonValue({ maxDepth: 1 }),
      types,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(words, tie('value'), { maxKeys: 5 }),
    ),
  }))
  const item = fc.oneof(
    value,
    fc.record({
      type: types,
      delta: value,
      item: value,
      content_block: value,
      message: value,
      index: value,
      id: value,
    }),
    fc.record({ choices: fc.array(fc.record({ delta: value, index: value, message: value })), usage: value }),
    fc.record({
      candidates: fc.array(fc.record({ content: fc.record({ parts: value }), groundingMetadata: value })),
    }),
    fc.record({
      type: types,
      content: value,
      tool_calls: value,
      tool_call_chunks: value,
      response_metadata: value,
    }),
    fc.tuple(fc.constantFrom('messages', 'updates', 'values', 'custom', 'error'), value),
  )

  test.each(Object.entries(mappers))('objects that no text can be made of, %s', async (_, mapper) => {
    for (const odd of [Object.create(null), { toString: 1, valueOf: 1 }] as unknown[]) {
      const type = odd
      const choice = { index: odd, delta: { content: [{ type }] }, finish_reason: odd }
      await read(mapper, [
        { type: 'ai', content: { type }, id: odd },
        { lc: 1, id: [odd], kwargs: { content: 'x' } },
        { choices: [choice, choice] },
        { type: 'response.output_item.added', output_index: 0, item: { type, id: 'i' } },
        { type: 'response.output_item.done', output_index: 0, item: { type, id: 'i', content: [{ type }] } },
        { type: 'error', code: odd, error: { type, code: odd, message: odd } },
        { type: 'content_block_start', index: 0, content_block: { type } },
        { error: { code: odd, status: odd, message: odd } },
      ])
    }
  })

  test.each(Object.entries(mappers))('%s', async (name, mapper) => {
    await fc.assert(
      fc.asyncProperty(fc.array(item, { maxLength: 12 }), async (items) => {
        const events = await read(mapper, items)
        const last = events.at(-1)!
        // A whole message of LangChain is an end, and so is an interrupt.
        if (name !== 'fromLangGraph') expect(last.type).toBe('error')
        for (const event of events) {
          if ('delta' in event) expect(typeof event.delta).toBe('string')
          if ('inputTextDelta' in event) expect(typeof event.inputTextDelta).toBe('string')
          if ('toolCallId' in event) expect(typeof event.toolCallId).toBe('string')
          if ('url' in event) expect(typeof event.url).toBe('string')
        }
      }),
      { numRuns: 150 },
    )
  })

  test.each([
    ['Chat Completions', fromOpenAI, chatStream],
    ['Messages', fromAnthropic, messagesStream],
    ['Responses', fromOpenAI, responsesStream],
  ] as [string, Mapper, typeof chatStream][])('values of other types in %s', async (_, mapper, streams) => {
    await fc.assert(
      fc.asyncProperty(streams, fc.nat(), fc.nat(), value, async ({ events }, at, place, odd) => {
        const twisted = events.map((event, nth) =>
          nth === at % events.length ? twist(event, place, odd) : event,
        )
        await read(mapper, twisted)
      }),
      { numRuns: 100 },
    )
  })
})

/** The object with one of its values, however deep, replaced. */
function twist(value: object, place: number, odd: unknown): object {
  let count = 0
  const size = JSON.stringify(value, (_, inner: unknown) => (count++, inner)) ? count : 1
  let turn = 0
  return JSON.parse(
    JSON.stringify(value, (_, inner: unknown) =>
      turn++ === 1 + (place % Math.max(1, size - 1)) ? odd : inner,
    ),
  ) as object
}
