import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { scriptedEvents } from '../../../demo/agent/scripted.ts'

export interface ModelServer {
  /** For `OPENAI_BASE_URL`. */
  readonly url: string
  close(): void
}

/**
 * A server that answers as the OpenAI Responses API would, at a steady pace: the prompt "0" with the first text, and so
 * on. `speed` is in characters per second.
 */
export async function startModelServer(texts: readonly string[], speed: number): Promise<ModelServer> {
  const server = createServer((request, response) => {
    answer(request, response, texts, speed).catch(() => response.destroy())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  texts: readonly string[],
  speed: number,
): Promise<void> {
  const asked = JSON.parse(Buffer.concat(await request.toArray()).toString()) as { input: unknown[] }
  const prompt = /"text":"(\d+)"/.exec(JSON.stringify(asked.input.at(-1)))?.[1]
  const events = scriptedEvents({ text: texts[Number(prompt)]! }) as { type: string; delta?: string }[]
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  const started = performance.now()
  let written = 0
  for (const event of events) {
    written += event.delta?.length ?? 0
    const early = started + (written / speed) * 1000 - performance.now()
    if (early > 4) await sleep(early)
    response.write(`event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
  }
  response.end()
}
