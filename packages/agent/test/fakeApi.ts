/** A `fetch` whose answer is a stream of server-sent events, in pieces of the given sizes (bytes). */
export function replaying(events: readonly object[], sizes: readonly number[]): typeof fetch {
  return async () => {
    const bytes = new TextEncoder().encode(events.map(serverSent).join(''))
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        let at = 0
        for (let turn = 0; at < bytes.length; turn++) {
          const size = Math.max(1, sizes[turn % sizes.length] ?? bytes.length)
          controller.enqueue(bytes.slice(at, at + size))
          at += size
        }
        controller.close()
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
}

function serverSent(event: object): string {
  const type = 'type' in event ? `event: ${String(event.type)}\n` : ''
  return `${type}data: ${JSON.stringify(event)}\n\n`
}
