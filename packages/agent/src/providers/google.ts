import type { GenerateContentResponse } from '@google/genai'
import type { ModelEvent } from '../response/modelEvent.ts'
import { GoogleMapper } from './google/content.ts'

/**
 * Maps a stream of `@google/genai` to our events: `response.pipe(fromGoogle(stream))`. Takes what
 * `ai.models.generateContentStream(…)` and `chat.sendMessageStream(…)` return. Of several candidates, reads the first.
 */
export async function* fromGoogle(
  stream: AsyncIterable<GenerateContentResponse>,
): AsyncGenerator<ModelEvent, void, undefined> {
  const mapper = new GoogleMapper()
  for await (const chunk of stream) yield* mapper.map(chunk)
  yield* mapper.end()
}
