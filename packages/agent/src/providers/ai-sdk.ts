import type { ObjectStreamPart, TextStreamPart, ToolSet, UIMessageChunk } from 'ai'
import type { ModelEvent } from '../response/modelEvent.ts'
import { AISDKMapper } from './ai-sdk/parts.ts'

/**
 * Maps a stream of the AI SDK to our events: `response.pipe(fromAISDK(result.fullStream))`. Takes the
 * `fullStream` (`stream` in version 7) of `streamText`, and UI message streams (`result.toUIMessageStream()`). The JSON
 * text of `streamObject`, or of `streamText` with `Output.object`, becomes an object with `asObject` around it.
 */
export async function* fromAISDK<T extends ToolSet>(
  stream: AsyncIterable<TextStreamPart<T> | UIMessageChunk | ObjectStreamPart<unknown>>,
): AsyncGenerator<ModelEvent, void, undefined> {
  const mapper = new AISDKMapper()
  for await (const part of stream) yield* mapper.map(part)
  yield* mapper.end()
}
