export async function collect<Event>(events: AsyncIterable<Event>): Promise<Event[]> {
  const all: Event[] = []
  for await (const event of events) all.push(event)
  return all
}

export async function* streamOf<Event>(events: readonly Event[]): AsyncGenerator<Event> {
  yield* events
}
