import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import type { ModelConfig } from '../server/config.ts'
import { chooseRecording, readRecording } from './recordings.ts'
import { replay } from './replay.ts'
import { scriptedEvents, scripts } from './scripted.ts'

export interface Turn {
  role: 'user' | 'assistant'
  text: string
}

/** A model's answer as it comes, in its provider's own events. */
export type ModelStream =
  | { api: 'openai'; events: AsyncIterable<ResponseStreamEvent | ChatCompletionChunk> }
  | { api: 'anthropic'; events: AsyncIterable<Anthropic.MessageStreamEvent> }

export interface Model {
  /** For people to read. */
  name: string
  /** Set when answers are replayed: at how many characters a second. */
  recorded?: { speed: number }
  /** `turns` end with the prompt that wants an answer. */
  ask(turns: readonly Turn[], signal: AbortSignal): Promise<ModelStream>
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
    async ask(turns, signal) {
      const input = turns.map(({ role, text }) => ({ role, content: text }))
      const events = await client.responses.create({ model: name!, input, stream: true }, { signal })
      return { api: 'openai', events }
    },
  }
}

function anthropic({ apiKey, name, baseUrl }: ModelConfig): Model {
  const client = new Anthropic({ apiKey, baseURL: baseUrl })
  return {
    name: name!,
    async ask(turns, signal) {
      const events = await client.messages.create(
        {
          model: name!,
          max_tokens: 8192,
          thinking: { type: 'enabled', budget_tokens: 2048 },
          messages: turns.map(({ role, text }) => ({ role, content: text })),
          stream: true,
        },
        { signal },
      )
      return { api: 'anthropic', events }
    },
  }
}

/** Without a key: streams recorded from the real APIs, and scripted ones where none was recorded. */
function recorded({ recordings, speed }: ModelConfig): Model {
  let turn = 0
  return {
    name: 'a recording',
    recorded: { speed },
    ask(turns, signal) {
      const prompt = turns.at(-1)?.text ?? ''
      const script = scripts.find((one) => one.prompt === prompt.trim())
      const recording = script ? undefined : chooseRecording(recordings, prompt, turn)
      const events = recording
        ? readRecording(recordings, recording)
        : scriptedEvents(script ?? scripts[turn % 2]!)
      turn++
      const paced = replay(events, { charactersPerSecond: speed, signal })
      return Promise.resolve({ api: recording?.api ?? 'openai', events: paced } as ModelStream)
    },
  }
}
