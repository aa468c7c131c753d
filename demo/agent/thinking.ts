import type { ModelEvent } from '@rejoin/agent'

/** Passes a model's events on. Each time the model stops thinking, tells how many milliseconds it has thought in all. */
export async function* timed(
  events: AsyncIterable<ModelEvent>,
  tell: (milliseconds: number) => void,
  now: () => number = Date.now,
): AsyncGenerator<ModelEvent> {
  let began: number | undefined
  let total = 0
  for await (const event of events) {
    if (event.type === 'reasoning-start' || event.type === 'reasoning-delta') began ??= now()
    yield event
    if (event.type !== 'reasoning-end' || began === undefined) continue
    total += now() - began
    began = undefined
    tell(total)
  }
}
