import type { ModelEvent } from '../../response/modelEvent.ts'
import { ChatMapper, type ChatOptions } from './chatCompletions.ts'
import { isFields, kindOf, type Fields } from '../common/intake.ts'
import { ResponsesMapper } from './responses.ts'

/** A stream of either of OpenAI's APIs, distinguished by its first item. */
export async function* fromOpenAIStream(
  stream: AsyncIterable<unknown>,
  options: ChatOptions,
): AsyncGenerator<ModelEvent, void, undefined> {
  let mapper: ResponsesMapper | ChatMapper | undefined
  for await (const item of stream) {
    if (isFields(item)) mapper ??= isEvent(item) ? new ResponsesMapper() : new ChatMapper(options)
    if (mapper) yield* mapper.map(item)
    else yield { type: 'dropped', what: 'chunk', why: `it is ${kindOf(item)}, not an object` }
  }
  yield* (mapper ?? new ChatMapper(options)).end()
}

function isEvent(item: Fields): boolean {
  return typeof item['type'] === 'string' && !('choices' in item)
}
