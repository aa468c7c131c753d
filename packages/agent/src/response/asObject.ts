import { newId } from '@rejoin/core/protocol'
import type { ModelEvent } from './modelEvent.ts'
import { ObjectWriter, type ObjectOptions } from './objectWriter.ts'

/**
 * Turns a model's JSON text into a growing part `data-<name>`: `response.pipe(asObject(fromOpenAI(stream), 'recipe', {
 * schema }))`. All other events pass unchanged.
 * @throws RejoinError `model_failed` if the model finishes with text that is not JSON or does not match `schema`.
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
    // Text cut at a limit keeps what arrived.
    else if (event.type === 'finish' && event.finishReason === 'stop') await object.end()
    for (const data of shown.splice(0)) yield { type: `data-${name}`, id, data }
    if (!isText(event)) yield event
  }
}

const isText = ({ type }: ModelEvent): boolean =>
  type === 'text-start' || type === 'text-delta' || type === 'text-end'
