import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Gateway } from './gateway.ts'
import { sendProblem, type Router } from './http.ts'
import type { Pages } from './pages.ts'
import { badRequest } from './problem.ts'

interface Parts {
  api: Router
  pages: Pages
  /** Absent with the Ably service, which browsers reach directly. */
  gateway: Gateway | undefined
}

/** Serves pages, the API and the gateway to the embedded Ably server on one port. */
export function createFront({ api, pages, gateway }: Parts): Server {
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = urlOf(request)
    if (url.pathname.startsWith('/api/')) await api.handle(request, response, url)
    else if (gateway?.takes(url)) await gateway.handle(request, response)
    else await pages.handle(request, response, url)
  }
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => sendProblem(request, response, error))
  })
  // These limit how long a request may take to arrive, not how long its response may take.
  server.requestTimeout = 30_000
  server.headersTimeout = 10_000
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    try {
      if (gateway) gateway.upgrade(request, socket, head, urlOf(request))
      else socket.destroy()
    } catch {
      socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n', () => socket.destroy())
    }
  })
  return server
}

/** Accepts paths only. Resolved against a base URL, `//host` would name another host, and `//` would throw. */
function urlOf({ url = '' }: IncomingMessage): URL {
  if (!url.startsWith('/')) throw badRequest('unable to read this address; it must start with a slash')
  return new URL(`http://demo${url}`)
}
