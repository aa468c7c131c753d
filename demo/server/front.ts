import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Gateway } from './gateway.ts'
import { sendProblem, type Router } from './http.ts'
import type { Pages } from './pages.ts'
import { badRequest } from './problem.ts'

interface Parts {
  api: Router
  pages: Pages
  /** Absent with the Ably service, which browsers reach by themselves. */
  gateway: Gateway | undefined
}

/** The demo's one port: pages, the API, and (in front of the embedded Ably server) the gateway. */
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
  // A request has half a minute to arrive; what is then sent back may take as long as it likes.
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

/** Only paths: resolved against a base, `//host` would name another server, and `//` would throw. */
function urlOf({ url = '' }: IncomingMessage): URL {
  if (!url.startsWith('/')) throw badRequest('unable to read this address; it must begin with a slash')
  return new URL(`http://demo${url}`)
}
