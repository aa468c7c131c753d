import type { Duplex } from 'node:stream'
import type { RawData, WebSocket } from 'ws'
import type { Log } from '../log.ts'
import { Frame, type Format } from '../wire/codec.ts'
import { Action, type ProtocolMessage } from '../wire/protocol.ts'
import type { Socket, SocketHandlers } from './socket.ts'

export interface WebSocketOptions {
  format: Format
  /** Pings every `interval` ms. `frames`: send HEARTBEAT frames too, because the client cannot see pings. */
  heartbeat: { interval: number; frames: boolean }
  log: Log
}

/** Carries a connection over one WebSocket. */
export class WebSocketTransport implements Socket {
  readonly format: Format
  readonly #ws: WebSocket
  readonly #raw: Duplex
  readonly #heartbeat: NodeJS.Timeout
  #handlers: SocketHandlers | undefined
  #corked = false
  #lastSent = Date.now()
  #lastHeard = Date.now()

  constructor(ws: WebSocket, raw: Duplex, { format, heartbeat, log }: WebSocketOptions) {
    this.format = format
    this.#ws = ws
    this.#raw = raw
    ws.on('message', (data: RawData, isBinary) => {
      this.#lastHeard = Date.now()
      try {
        this.#handlers?.onBytes(toBuffer(data), isBinary)
      } catch (error) {
        log.writeError('a frame', error)
        ws.terminate()
      }
    })
    ws.on('pong', () => (this.#lastHeard = Date.now()))
    ws.on('close', () => this.#closed())
    ws.on('error', () => ws.terminate())
    const half = Math.max(20, heartbeat.interval / 2)
    this.#heartbeat = setInterval(() => {
      if (ws.isPaused || !this.isOpen) return
      // A lost network leaves sockets open, so cut off a client that does not answer pings.
      if (Date.now() - this.#lastHeard > 2 * heartbeat.interval + 5000) return ws.terminate()
      ws.ping()
      if (heartbeat.frames && Date.now() - this.#lastSent > half - 10)
        this.send(new Frame({ action: Action.heartbeat }))
    }, half)
    this.#heartbeat.unref()
  }

  handle(handlers: SocketHandlers): void {
    this.#handlers = handlers
  }

  abandon(): void {
    this.#handlers = undefined
    this.#ws.terminate()
  }

  get isOpen(): boolean {
    return this.#ws.readyState === this.#ws.OPEN
  }

  get buffered(): number {
    return this.#ws.bufferedAmount
  }

  send(frame: Frame): void {
    if (!this.isOpen) return
    this.#cork()
    this.#lastSent = Date.now()
    this.#ws.send(frame.encoded(this.format), { binary: this.format === 'msgpack' })
  }

  close(last?: ProtocolMessage): void {
    if (last) this.send(new Frame(last))
    this.#ws.close(1000)
    setTimeout(() => this.#ws.terminate(), 1000).unref()
  }

  pause(): void {
    this.#ws.pause()
  }

  resume(): void {
    this.#ws.resume()
  }

  // Frames of one turn leave in one write, so a burst costs one system call per subscriber.
  #cork(): void {
    if (this.#corked) return
    this.#corked = true
    this.#raw.cork()
    process.nextTick(() => {
      this.#corked = false
      this.#raw.uncork()
    })
  }

  #closed(): void {
    clearInterval(this.#heartbeat)
    const handlers = this.#handlers
    this.#handlers = undefined
    handlers?.onClose()
  }
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
