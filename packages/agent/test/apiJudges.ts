import Anthropic from '@anthropic-ai/sdk'
import type fc from 'fast-check'
import OpenAI from 'openai'
import { fromAnthropic } from '../src/providers/anthropic.ts'
import { fromOpenAI } from '../src/providers/openai.ts'
import type { ModelEvent } from '../src/response/modelEvent.ts'
import { chatStream, messagesStream, responsesStream, type ApiStream } from './apiStreams.ts'
import { replaying } from './fakeApi.ts'
import { collect } from './providerRecordings.ts'

/** What the provider's own SDK makes of a stream; `undefined` where it finds no whole answer in it. */
export interface Judged {
  text: string
  reasoning?: string
  calls: { id: string; name: string; input: unknown }[]
}

/** `plain`: the events of the API. `helper`: the stream of the SDK that assembles the answer as well. */
export type Map = (client: 'plain' | 'helper', told: Told) => Promise<ModelEvent[]>
export type Judge = (told: Told) => Promise<Judged | undefined>
export type Told = Pick<ApiStream, 'events' | 'sizes'>

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

export const apis: [name: string, streams: fc.Arbitrary<ApiStream>, map: Map, judge: Judge][] = [
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
