import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import type { ModelEvent } from '../response/modelEvent.ts'
import { fromOpenAIStream } from './openai/stream.ts'

/**
 * Maps a stream of the `openai` package to our events: `response.pipe(fromOpenAI(stream))`. Takes what
 * `client.responses.create({ stream: true })`, `client.responses.stream()`,
 * `client.chat.completions.create({ stream: true })` and `client.chat.completions.stream()` return.
 *
 * For another server with OpenAI's API, and without the `openai` package, there is `fromOpenAICompatible`.
 */
export function fromOpenAI(
  stream: AsyncIterable<ResponseStreamEvent | ChatCompletionChunk>,
): AsyncGenerator<ModelEvent, void, undefined> {
  return fromOpenAIStream(stream, { name: 'openai' })
}
