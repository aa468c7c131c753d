import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { closed, opened } from './ownPorts.ts'
import { readTarget } from './requestTarget.ts'
import { errorReply, exchange, type ExchangeOptions } from './rest/http.ts'
import { WebSocketTransport } from './connection/webSocket.ts'
import type { Socket } from './connection/socket.ts'
import { asAblyError } from './wire/errors.ts'

export interface ListenerOptions extends ExchangeOptions {
  host: string
  port: number
  /** Milliseconds between heartbeats. */
  maxIdleInterval: number
  /** Throws to refuse an upgrade to WebSocket. */
  admit(query: URLSearchParams, path: string): void
  accept(socket: Socket, query: URLSearchParams, origin: string | undefined): void
}

/** Listens for WebSockets and requests on one port. Nothing that arrives on it throws outside. */
export function listen(options: ListenerOptions): Promise<Server> {
  const server = createServer((incoming, response) => {
    exchange(incoming, response, options).catch((error) => answerLast(response, error, options))
  })
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: options.maxSize,
  })
  server.on('upgrade', (incoming: IncomingMessage, raw: Duplex, head: Buffer) => {
    raw.on('error', () => raw.destroy())
    try {
      upgrade(sockets, options, incoming, raw, head)
    } catch (error) {
      refuseUpgrade(raw, error)
    }
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      const { port } = server.address() as AddressInfo
      opened(port)
      server.once('close', () => closed(port))
      resolve(server)
    })
  })
}

/** Stops at once and cuts off all clients. */
export function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

function upgrade(
  sockets: WebSocketServer,
  options: ListenerOptions,
  incoming: IncomingMessage,
  raw: Duplex,
  head: Buffer,
): void {
  const { path, query } = readTarget(incoming.url)
  options.admit(query, path)
  sockets.handleUpgrade(incoming, raw, head, (ws) => {
    try {
      const heartbeat = {
        interval: heartbeatInterval(query, options.maxIdleInterval),
        frames: query.get('heartbeats') === 'true',
      }
      const format = query.get('format') === 'msgpack' ? 'msgpack' : 'json'
      const socket = new WebSocketTransport(ws, raw, { format, heartbeat, log: options.log })
      options.accept(socket, query, incoming.headers.origin)
    } catch (error) {
      options.log.writeError('an upgrade', error)
      ws.terminate()
    }
  })
}

function refuseUpgrade(raw: Duplex, error: unknown): void {
  const { status, body } = errorReply(asAblyError(error))
  const text = JSON.stringify(body)
  raw.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`,
  )
}

/** The last resort for an error while answering: log it, answer 500, go on. */
function answerLast(response: ServerResponse, error: unknown, { log }: ListenerOptions): void {
  log.writeError('a request', error)
  if (response.headersSent || response.destroyed) response.destroy()
  else
    response
      .writeHead(500, { 'Content-Type': 'application/json' })
      .end('{"error":{"code":50000,"statusCode":500,"message":"unable to answer; internal error"}}')
}

function heartbeatInterval(query: URLSearchParams, fallback: number): number {
  const asked = Number(query.get('heartbeatInterval') ?? Number.NaN)
  return asked >= 1000 && asked <= 1_800_000 ? asked : fallback
}
