import type { ChatCompletionChunk } from 'openai/resources/chat/completions'
import type { ResponseStreamEvent } from 'openai/resources/responses/responses'
import type { ModelEvent } from '../response/modelEvent.ts'
import { ChatMapper } from './openaiChat.ts'
import { ResponsesMapper } from './openaiResponses.ts'

/**
 * Maps a stream of the `openai` package to our events: `response.pipe(fromOpenAI(stream))`. Takes what
 * `client.responses.create({ stream: true })`, `client.responses.stream()`,
 * `client.chat.completions.create({ stream: true })` and `client.chat.completions.stream()` return.
 */
export async function* fromOpenAI(
  stream: AsyncIterable<ResponseStreamEvent | ChatCompletionChunk>,
): AsyncGenerator<ModelEvent, void, undefined> {
  let mapper: ResponsesMapper | ChatMapper | undefined
  for await (const event of stream) {
    if ('type' in event) {
      if (!(mapper instanceof ResponsesMapper)) mapper = new ResponsesMapper()
      yield* mapper.map(event)
    } else {
      if (!(mapper instanceof ChatMapper)) mapper = new ChatMapper()
      yield* mapper.map(event)
    }
  }
  if (mapper) yield* mapper.end()
}
