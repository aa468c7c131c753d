import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import type { Conversation } from '@rejoin/agent'
import { toAnthropicMessages } from '@rejoin/agent/convert/anthropic'
import { toResponsesInput } from '@rejoin/agent/convert/openai'
import type { ModelConfig } from '../server/config.ts'
import type { FileLoader } from './files.ts'
import { findRecording, plain, readRecording } from './recordings.ts'
import { scriptedEvents } from './scripted.ts'
import { scripts, withoutModel } from './scripts.ts'

/** A model's answer as it streams, in its provider's own events. */
export type ModelStream =
  | { api: 'openai'; events: AsyncIterable<ResponseStreamEvent | ChatCompletionChunk> }
  | { api: 'anthropic'; events: AsyncIterable<Anthropic.MessageStreamEvent> }

export interface Asked {
  /** Ends with the prompt to answer. */
  conversation: Conversation
  signal: AbortSignal
  /** Makes files of the demo's own store fit to send. */
  file?: FileLoader
}

export interface Model {
  /** For people to read. */
  name: string
  /** Whether answers are replayed. They come all at once: their pace is up to the caller. */
  recorded: boolean
  ask(asked: Asked): Promise<ModelStream>
}

export function createModel(config: ModelConfig): Model {
  if (config.provider === 'openai') return openAI(config)
  if (config.provider === 'anthropic') return anthropic(config)
  return recorded(config)
}

function openAI({ apiKey, name, baseUrl }: ModelConfig): Model {
  const client = new OpenAI({ apiKey, baseURL: baseUrl })
  return {
    name: name!,
    recorded: false,
    async ask({ conversation, signal, file }) {
      const input = await toResponsesInput(conversation, { ...(file && { file }) })
      const events = await client.responses.create({ model: name!, input, stream: true }, { signal })
      return { api: 'openai', events }
    },
  }
}

function anthropic({ apiKey, name, baseUrl }: ModelConfig): Model {
  const client = new Anthropic({ apiKey, baseURL: baseUrl })
  return {
    name: name!,
    recorded: false,
    async ask({ conversation, signal, file }) {
      const events = await client.messages.create(
        {
          model: name!,
          max_tokens: 8192,
          thinking: { type: 'enabled', budget_tokens: 2048 },
          ...(await toAnthropicMessages(conversation, { ...(file && { file }) })),
          stream: true,
        },
        { signal },
      )
      return { api: 'anthropic', events }
    },
  }
}

/** Without a key: streams recorded from the real APIs, and scripted ones where none was recorded. */
function recorded({ recordings }: ModelConfig): Model {
  return {
    name: 'a recording',
    recorded: true,
    ask({ conversation }) {
      const prompt = conversation.messages.findLast(({ role }) => role === 'user')?.text ?? ''
      const recording = findRecording(recordings, prompt)
      const events = recording
        ? readRecording(recordings, recording)
        : scriptedEvents(scripts.find((script) => plain(script.prompt) === plain(prompt)) ?? withoutModel)
      return Promise.resolve({ api: recording?.api ?? 'openai', events: stream(events) } as ModelStream)
    },
  }
}

async function* stream(events: readonly unknown[]): AsyncGenerator {
  yield* events
}
