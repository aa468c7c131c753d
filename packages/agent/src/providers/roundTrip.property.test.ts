import Anthropic from '@anthropic-ai/sdk'
import fc from 'fast-check'
import OpenAI from 'openai'
import { describe, expect, test } from 'vitest'
import { assembled, type Assembled } from '../../test/assembled.ts'
import { chatStream, messagesStream, responsesStream, type ApiStream } from '../../test/apiStreams.ts'
import { replaying } from '../../test/fakeApi.ts'
import { collect } from '../../test/providerRecordings.ts'
import type { ModelEvent } from '../response/modelEvent.ts'
import { fromAnthropic } from './anthropic.ts'
import { fromOpenAI } from './openai.ts'

/** What the provider's own SDK makes of a stream; `undefined` where it finds no whole answer in it. */
interface Judged {
  text: string
  reasoning?: string
  calls: { id: string; name: string; input: unknown }[]
}

/** `plain`: the events of the API. `helper`: the stream of the SDK that assembles the answer as well. */
type Map = (client: 'plain' | 'helper', told: Told) => Promise<ModelEvent[]>
type Judge = (told: Told) => Promise<Judged | undefined>
type Told = Pick<ApiStream, 'events' | 'sizes'>

const openai = ({ events, sizes }: Told) =>
  new OpenAI({ apiKey: 'none', maxRetries: 0, fetch: replaying(events, sizes) })
const anthropic = ({ events, sizes }: Told) =>
  new Anthropic({ apiKey: 'none', maxRetries: 0, fetch: replaying(events, sizes) })
const chatRequest = { model: 'gpt', messages: [{ role: 'user' as const, content: 'hi' }] }
const messagesRequest = {
  model: 'claude',
  max_tokens: 9,
  messages: [{ role: 'user' as const, content: 'hi' }],
}
const responsesRequest = { model: 'gpt', input: 'hi' }

/** The helper's stream, read when all of it has arrived: its objects have grown by then. */
async function* read<T>(stream: AsyncIterable<T> & { done(): Promise<void> }): AsyncGenerator<T> {
  const events = stream[Symbol.asyncIterator]()
  await stream.done().catch(() => {})
  yield* { [Symbol.asyncIterator]: () => events }
}

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json || '{}')
  } catch {
    return json
  }
}

const apis: [name: string, streams: fc.Arbitrary<ApiStream>, map: Map, judge: Judge][] = [
  [
    'Chat Completions',
    chatStream,
    async (client, stream) => {
      const { completions } = openai(stream).chat
      if (client === 'plain') {
        return collect(fromOpenAI(await completions.create({ ...chatRequest, stream: true })))
      }
      return collect(fromOpenAI(read(completions.stream(chatRequest))))
    },
    async (stream) => {
      const { choices } = await openai(stream).chat.completions.stream(chatRequest).finalChatCompletion()
      const { content, refusal, tool_calls = [] } = choices[0]!.message
      return {
        text: `${content ?? ''}${refusal ?? ''}`,
        calls: tool_calls.flatMap((call) =>
          call.type === 'function'
            ? { id: call.id, name: call.function.name, input: parsed(call.function.arguments) }
            : [],
        ),
      }
    },
  ],
  [
    'Messages',
    messagesStream,
    async (client, stream) => {
      const { messages } = anthropic(stream)
      if (client === 'plain') {
        return collect(fromAnthropic(await messages.create({ ...messagesRequest, stream: true })))
      }
      const helper = messages.stream(messagesRequest)
      const events = helper[Symbol.asyncIterator]()
      await helper.done().catch(() => {})
      return collect(fromAnthropic(Object.assign(helper, { [Symbol.asyncIterator]: () => events })))
    },
    async (stream) => {
      const { content } = await anthropic(stream).messages.stream(messagesRequest).finalMessage()
      return {
        text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
        reasoning: content.map((block) => (block.type === 'thinking' ? block.thinking : '')).join(''),
        calls: content.flatMap((block) =>
          block.type === 'tool_use' ? { id: block.id, name: block.name, input: block.input } : [],
        ),
      }
    },
  ],
  [
    'Responses',
    responsesStream,
    async (client, stream) => {
      const { responses } = openai(stream)
      if (client === 'plain') {
        return collect(fromOpenAI(await responses.create({ ...responsesRequest, stream: true })))
      }
      return collect(fromOpenAI(read(responses.stream(responsesRequest))))
    },
    async (stream) => {
      const { output, status } = await openai(stream).responses.stream(responsesRequest).finalResponse()
      if (status !== 'completed' && status !== 'incomplete') return undefined
      return {
        text: output
          .flatMap((item) => (item.type === 'message' ? item.content : []))
          .map((part) => ('text' in part ? part.text : ''))
          .join(''),
        reasoning: output
          .flatMap((item) => (item.type === 'reasoning' ? item.summary : []))
          .map(({ text }) => text)
          .join(''),
        calls: output.flatMap((item) => {
          if (item.type === 'function_call') {
            return { id: item.call_id, name: item.name, input: parsed(item.arguments) }
          }
          return item.type === 'custom_tool_call'
            ? { id: item.call_id, name: item.name, input: item.input }
            : []
        }),
      }
    },
  ],
]

describe.each(apis)('%s', (_, streams, map, judge) => {
  test.each(['plain', 'helper'] as const)(
    'a whole answer is what the SDK assembles, and any other is not complete: the %s stream',
    async (client) => {
      await fc.assert(
        fc.asyncProperty(streams, async (stream) => {
          const { events, standard, sizes } = stream
          const [expected, found] = await Promise.all([
            judge({ events: standard, sizes }).catch(() => undefined),
            map(client, { events: client === 'plain' ? events : standard, sizes }).then(assembled, failed),
          ])
          if (expected) expect(answer(found)).toEqual({ reasoning: '', ...expected, status: 'complete' })
          else expect(found.status).not.toBe('complete')
        }),
        { numRuns: 60 },
      )
    },
  )
})

/** Calls are in the order in which they came, in the SDK's list in that of their indexes. */
function answer({ text, reasoning, calls, status }: Assembled): object {
  const byId = calls.toSorted((one, other) => one.id.localeCompare(other.id))
  return { text, reasoning, calls: byId, status }
}

/** An SDK that throws ends the answer with an error as well. */
function failed(): Assembled {
  return assembled([{ type: 'error', errorText: 'thrown' }])
}
