import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { exchange, type Handler } from './rest/http.ts'
import type { Log } from './log.ts'
import { logLine } from './logLine.ts'
import { Socket } from './connection/socket.ts'

export interface ListenerOptions {
  host: string
  port: number
  /** Bytes of a frame or a request body. */
  maxSize: number
  maxIdleInterval: number
  log: Log
  answer: Handler
  accept: (socket: Socket, query: URLSearchParams) => void
}

/** Listens for WebSockets and requests on one port. */
export function listen(options: ListenerOptions): Promise<Server> {
  const server = createServer((incoming, response) => {
    if (incoming.url === '/events') streamEvents(response, options.log)
    else exchange(incoming, response, options.maxSize, options.answer).catch(() => response.destroy())
  })
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: options.maxSize,
  })
  server.on('upgrade', (incoming: IncomingMessage, raw: Duplex, head: Buffer) => {
    raw.on('error', () => raw.destroy())
    sockets.handleUpgrade(incoming, raw, head, (ws) => {
      const { searchParams } = new URL(incoming.url ?? '/', 'http://local')
      const format = searchParams.get('format') === 'msgpack' ? 'msgpack' : 'json'
      const heartbeat = {
        interval: heartbeatInterval(searchParams, options.maxIdleInterval),
        frames: searchParams.get('heartbeats') === 'true',
      }
      options.accept(new Socket(ws, raw, format, heartbeat), searchParams)
    })
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => resolve(server))
  })
}

/** Stops at once: whoever is still there is cut off. */
export function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function heartbeatInterval(query: URLSearchParams, fallback: number): number {
  const asked = Number(query.get('heartbeatInterval') ?? Number.NaN)
  return asked >= 1000 && asked <= 1_800_000 ? asked : fallback
}

/** What passes, for the page: events as they happen, until the browser goes. */
function streamEvents(response: ServerResponse, log: Log): void {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
  response.write(': listening\n\n')
  const stop = log.listen((event) => {
    // A browser that does not read must not fill our memory.
    if (response.writableLength > 1_000_000) return
    const { kind, text = '' } = event
    response.write(`data: ${JSON.stringify({ kind, text, line: logLine(event) })}\n\n`)
  })
  response.on('close', stop)
}
