import type { ModelEvent } from '../response/modelEvent.ts'
import type { ChatOptions } from './openai/chatCompletions.ts'
import { fromOpenAIStream } from './openai/stream.ts'

/** A chunk of a chat completion. The type is loose, so that the chunks of any client fit. */
export interface ChatChunk {
  readonly choices?: readonly ChatChoice[] | null
}

/** One choice of a chunk. The fields of a `delta` differ from server to server. */
export interface ChatChoice {
  readonly index?: number | null
  readonly delta?: object | null
  /** Sent by servers that do not stream. */
  readonly message?: object | null
  readonly finish_reason?: string | null
}

/** An event of the Responses API. */
export interface ResponsesEvent {
  readonly type: string
}

/** A chunk of Mistral's own client. */
export interface WrappedChunk {
  readonly data: { readonly choices?: readonly object[] | null }
}

/** How to read a stream of a server with OpenAI's API. */
export type { ChatOptions as OpenAICompatibleOptions }

/**
 * Maps a stream of any server with OpenAI's API: OpenRouter, Groq, Mistral, DeepSeek, Perplexity, xAI, vLLM,
 * Ollama and others, read with the `openai` package, with their own, or with `fetch`:
 * `response.pipe(fromOpenAICompatible(stream, { name: 'openrouter' }))`.
 */
export function fromOpenAICompatible(
  stream: AsyncIterable<ChatChunk | ResponsesEvent | WrappedChunk>,
  options: ChatOptions = {},
): AsyncGenerator<ModelEvent, void, undefined> {
  return fromOpenAIStream(stream, options)
}
