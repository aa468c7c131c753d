import type { RawMessageStreamEvent } from '@anthropic-ai/sdk/resources/messages'
import type { ModelEvent } from '../response/modelEvent.ts'
import { MessagesMapper } from './anthropic/messages.ts'

/**
 * Maps a stream of `@anthropic-ai/sdk` to our events: `response.pipe(fromAnthropic(stream))`. Takes what
 * `client.messages.create({ stream: true })` and `client.messages.stream()` return, beta ones included.
 *
 * Consecutive text blocks are one text part: citations split the model's sentences into blocks, and readers should not
 * notice.
 */
export async function* fromAnthropic(
  stream: AsyncIterable<RawMessageStreamEvent>,
): AsyncGenerator<ModelEvent, void, undefined> {
  const mapper = new MessagesMapper('finalMessage' in stream)
  for await (const event of stream) yield* mapper.map(event)
  yield* mapper.end()
}
