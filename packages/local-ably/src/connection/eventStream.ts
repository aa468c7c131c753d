import type { ServerResponse } from 'node:http'
import { errorReply } from '../rest/http.ts'
import { encodeValue, type Frame } from '../wire/codec.ts'
import { AblyError } from '../wire/errors.ts'
import {
  Action,
  type ProtocolMessage,
  type WireError,
  type WireMessage,
  type WirePresence,
} from '../wire/protocol.ts'
import { deaf, type Socket, type SocketHandlers } from './socket.ts'

export interface EventStreamOptions {
  channels: readonly string[]
  /** Server-sent events; otherwise one JSON object per line. */
  sse: boolean
  /** Whole messages; otherwise their payloads. */
  enveloped: boolean
  /** Heartbeats as events; otherwise as comments. */
  heartbeats: boolean
  /** Milliseconds between heartbeats. */
  interval: number
}

/** Carries a connection that only subscribes, over one endless answer. */
export class EventStream implements Socket {
  readonly format = 'json'
  readonly #response: ServerResponse
  readonly #options: EventStreamOptions
  readonly #beat: NodeJS.Timeout
  /** The last serial of each channel. */
  readonly #positions = new Map<string, string>()
  #handlers: SocketHandlers = deaf
  /** Events that wait until all channels are attached. A refusal before that is an ordinary error response. */
  #opening: string[] | undefined = []

  constructor(response: ServerResponse, options: EventStreamOptions) {
    this.#response = response
    this.#options = options
    response.on('close', () => this.#closed())
    this.#beat = setInterval(() => this.#write(this.#signOfLife()), options.interval).unref()
  }

  get buffered(): number {
    return this.#response.writableLength
  }

  handle(handlers: SocketHandlers): void {
    this.#handlers = handlers
  }

  /** Starts the stream, and writes the events that waited. */
  start(): void {
    if (this.#response.headersSent) return
    const { sse } = this.#options
    this.#response.writeHead(200, {
      'Content-Type': sse ? 'text/event-stream' : 'application/json',
      'Cache-Control': 'no-store',
    })
    this.#response.flushHeaders()
    const waiting = this.#opening ?? []
    this.#opening = undefined
    for (const text of waiting) this.#write(text)
  }

  send({ message }: Frame): void {
    const { action, channel = '', error } = message
    if (action === Action.attached) this.#positions.set(channel, message.channelSerial!)
    if (action === Action.error || action === Action.disconnected) this.#refuse(error!)
    else if (error && action !== Action.connected) this.#event('error', error)
    if (action === Action.message) this.#events('message', message, message.messages ?? [])
    if (action === Action.presence || action === Action.sync) {
      this.#events('presence', message, message.presence ?? [])
    }
  }

  close(last?: ProtocolMessage): void {
    if (last?.error) this.#refuse(last.error)
    this.#response.end()
  }

  abandon(): void {
    this.#handlers = deaf
    this.#response.destroy()
  }

  // The client sends nothing, so there is nothing to pause.
  pause(): void {}
  resume(): void {}

  #closed(): void {
    clearInterval(this.#beat)
    const handlers = this.#handlers
    this.#handlers = deaf
    handlers.onClose()
  }

  #refuse({ code, statusCode, message }: WireError): void {
    if (!this.#opening)
      return this.#event('error', { code, statusCode, message, href: `https://help.ably.io/error/${code}` })
    this.#opening = undefined
    const { status, body, headers } = errorReply(new AblyError(code, statusCode, message))
    this.#response
      .writeHead(status, { 'Content-Type': 'application/json', ...headers })
      .end(JSON.stringify(body))
  }

  #events(
    kind: string,
    { channel = '', channelSerial, action }: ProtocolMessage,
    carried: (WireMessage | WirePresence)[],
  ): void {
    // The serial of a SYNC is not a position on the channel.
    if (channelSerial !== undefined && action !== Action.sync) this.#positions.set(channel, channelSerial)
    for (const [i, one] of carried.entries()) {
      // Resumes start after whole frames, so only a frame's last event has an id.
      const id = i === carried.length - 1 ? this.#position() : undefined
      this.#event(kind, this.#options.enveloped ? { ...one, channel } : one.data, id)
    }
  }

  #position(): string {
    return this.#options.channels.map((name) => this.#positions.get(name) ?? '').join('~')
  }

  #event(event: string, data: unknown, id?: string): void {
    const value = Buffer.isBuffer(data) ? data.toString('base64') : data
    if (!this.#options.sse) {
      this.#write(
        `${encodeValue({ ...(id === undefined ? {} : { id }), event, data: value }, 'json').toString()}\n`,
      )
      return
    }
    const text =
      typeof value === 'string' ? value : value === undefined ? '' : encodeValue(value, 'json').toString()
    const lines = text.split(/\r\n|\r|\n/).map((line) => `data: ${line}\n`)
    this.#write(`${id === undefined ? '' : `id: ${id}\n`}event: ${event}\n${lines.join('')}\n`)
  }

  #signOfLife(): string {
    const { sse, heartbeats } = this.#options
    if (sse) return heartbeats ? 'event: heartbeat\ndata:\n\n' : ':keepalive\n\n'
    return heartbeats ? '{"event":"heartbeat"}\n' : '\n'
  }

  #write(text: string): void {
    if (this.#opening) this.#opening.push(text)
    else if (!this.#response.writableEnded) this.#response.write(text)
  }
}

/** Reads an event's id: the serial to continue from, by channel. */
export function positionsOf(id: string, channels: readonly string[]): Map<string, string> {
  const serials = id.split('~')
  return new Map(channels.map((name, i) => [name, serials[i] || serials[0]!]))
}
