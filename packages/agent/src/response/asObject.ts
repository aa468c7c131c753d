import { newId } from '@rejoin/core/protocol'
import type { ModelEvent } from './modelEvent.ts'
import { ObjectWriter, type ObjectOptions } from './objectWriter.ts'

/**
 * A model's stream whose text is JSON, as part `data-<name>` that grows: `response.pipe(asObject(fromOpenAI(stream),
 * 'recipe', { schema }))`. Whatever else is in the stream stays as it is.
 * @throws RejoinError `model_failed` if the model ends, and its text is no JSON or not what `schema` asks for.
 */
export async function* asObject<T = unknown>(
  events: AsyncIterable<ModelEvent> | Iterable<ModelEvent>,
  name: string,
  { schema, id = newId() }: ObjectOptions<T> = {},
): AsyncGenerator<ModelEvent, void, undefined> {
  const shown: unknown[] = []
  const object = new ObjectWriter<T>((value) => shown.push(value), schema)
  for await (const event of events) {
    if (event.type === 'text-delta') object.append(event.delta)
    // What was cut at a limit stays as far as it came.
    else if (event.type === 'finish' && event.finishReason === 'stop') await object.end()
    for (const data of shown.splice(0)) yield { type: `data-${name}`, id, data }
    if (!isText(event)) yield event
  }
}

const isText = ({ type }: ModelEvent): boolean =>
  type === 'text-start' || type === 'text-delta' || type === 'text-end'
