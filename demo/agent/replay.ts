/** Plays recorded events at a model's pace: time passes with the characters they carry, not with their number. */
export async function* replay<Event>(
  events: readonly Event[],
  options: { charactersPerSecond: number; signal?: AbortSignal },
): AsyncGenerator<Event> {
  // Timers come late by a few milliseconds each; a running clock keeps the pace all the same.
  let due = Date.now()
  for (const event of events) {
    if (options.signal?.aborted) return
    due += (charactersIn(event) / options.charactersPerSecond) * 1000
    const wait = due - Date.now()
    if (wait > 4) await pause(wait, options.signal)
    if (options.signal?.aborted) return
    yield event
  }
}

/** The longest string under a `delta`: text, reasoning, or arguments, whatever the provider calls it. */
function charactersIn(event: unknown): number {
  const { delta: own, choices } = event as { delta?: unknown; choices?: { delta?: unknown }[] }
  const delta = own ?? choices?.[0]?.delta
  if (typeof delta === 'string') return delta.length
  if (typeof delta !== 'object' || delta === null) return 0
  return Math.max(0, ...Object.values(delta).map((value) => (typeof value === 'string' ? value.length : 0)))
}

function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, milliseconds)
    signal?.addEventListener('abort', done)
  })
}
