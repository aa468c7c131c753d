import type { ModelEvent } from '@rejoin/agent'

/**
 * The rest of a stream: the agent died after `length` characters of text, and the model says the same once more. The
 * answer may also have the steps after that text, so thoughts are not repeated, and tool calls come with their whole
 * input.
 */
export async function* rest(events: AsyncIterable<ModelEvent>, length: number): AsyncGenerator<ModelEvent> {
  let known = length
  /** The text part in which the agent died: earlier offsets do not apply to its remaining text. */
  let cut = false
  let between = true
  for await (const event of events) {
    if (event.type === 'finish' || event.type === 'error') yield event
    else if (event.type === 'text-delta') {
      const delta = event.delta.slice(known)
      cut ||= known > 0 && delta !== ''
      known -= Math.min(known, event.delta.length)
      if (delta === '') continue
      between = false
      yield { ...event, delta }
    } else if (known > 0) continue
    else if (event.type === 'source-url' && cut) {
      const { startOffset: _start, endOffset: _end, ...source } = event
      yield source
    } else if (!between || !(isThought(event) || event.type === 'tool-input-delta')) {
      if (event.type === 'text-end') cut = false
      yield event
    }
  }
}

const isThought = ({ type }: ModelEvent) => type.startsWith('reasoning-')
