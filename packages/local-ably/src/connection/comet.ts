import type { ServerResponse } from 'node:http'
import { Frame } from '../wire/codec.ts'
import { rateLimited } from '../wire/errors.ts'
import { Action, type ProtocolMessage } from '../wire/protocol.ts'
import type { Socket, SocketHandlers } from './socket.ts'

/** Bytes after which a streamed answer ends and the client asks again. Browsers keep the whole answer in memory. */
const longestAnswer = 1024 * 1024

/** The most requests of one client that may wait while it is paused. */
const maxWaiting = 10

export interface CometOptions {
  /** Milliseconds between heartbeats. */
  interval: number
  /** Whether an answer streams frames, or ends after the first ones. */
  streaming: boolean
  /** Called when requests can no longer reach it. */
  onStop: () => void
}

/**
 * Carries a connection over HTTP requests, for clients that cannot use WebSocket. The answer to one request carries the
 * server's frames; other requests bring the client's.
 */
export class CometTransport implements Socket {
  readonly format = 'json'
  readonly #interval: number
  readonly #streaming: boolean
  readonly #onStop: () => void
  #handlers: SocketHandlers | undefined
  #queue: Buffer[] = []
  #bytes = 0
  #answer: ServerResponse | undefined
  #written = 0
  #flushing = false
  #closing = false
  #resumed: (() => void)[] | undefined
  #beat: NodeJS.Timeout | undefined
  #giveUp: NodeJS.Timeout | undefined

  constructor({ interval, streaming, onStop }: CometOptions) {
    this.#interval = interval
    this.#streaming = streaming
    this.#onStop = onStop
  }

  handle(handlers: SocketHandlers): void {
    this.#handlers = handlers
  }

  get buffered(): number {
    return this.#bytes + (this.#answer?.writableLength ?? 0)
  }

  /** Takes a request whose answer will carry frames. */
  receive(answer: ServerResponse): void {
    clearTimeout(this.#giveUp)
    this.#answer?.end('[]\n')
    this.#answer = answer
    this.#written = 0
    answer.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
    answer.on('close', () => this.#answerClosed(answer))
    clearInterval(this.#beat)
    this.#beat = setInterval(() => this.send(new Frame({ action: Action.heartbeat })), this.#interval)
    this.#beat.unref()
    this.#flushSoon()
  }

  /** Takes the frames of a request. Resolves when they have been handled. */
  async deliver(frames: readonly unknown[]): Promise<void> {
    while (this.#resumed) {
      if (this.#resumed.length >= maxWaiting)
        throw rateLimited(42911, 'connection.waitingRequests', maxWaiting)
      await new Promise<void>((resolve) => this.#resumed!.push(resolve))
    }
    for (const frame of frames) this.#handlers?.onBytes(Buffer.from(JSON.stringify(frame) ?? 'null'), false)
  }

  send(frame: Frame): void {
    if (this.#closing) return
    const bytes = frame.encoded('json')
    this.#queue.push(bytes)
    this.#bytes += bytes.length
    this.#flushSoon()
  }

  close(last?: ProtocolMessage): void {
    if (last) this.send(new Frame(last))
    this.#closing = true
    this.#flushSoon()
    // A client between two requests will ask once more.
    this.#waitForRequest()
  }

  abandon(): void {
    this.#handlers = undefined
    this.#closing = true
    this.#stop()
    this.#answer?.destroy()
  }

  pause(): void {
    this.#resumed ??= []
  }

  resume(): void {
    const waiting = this.#resumed ?? []
    this.#resumed = undefined
    for (const resolve of waiting) resolve()
  }

  // Frames of one turn leave together.
  #flushSoon(): void {
    if (this.#flushing || !this.#answer || (this.#queue.length === 0 && !this.#closing)) return
    this.#flushing = true
    process.nextTick(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  #flush(): void {
    const answer = this.#answer
    if (!answer) return
    const text = Buffer.concat([Buffer.from('['), joined(this.#queue), Buffer.from(']\n')])
    this.#queue = []
    this.#bytes = 0
    this.#written += text.length
    if (this.#streaming && !this.#closing && this.#written < longestAnswer) answer.write(text)
    else {
      this.#answer = undefined
      answer.end(text)
      if (this.#closing) this.#stop()
      else this.#waitForRequest()
    }
  }

  #answerClosed(answer: ServerResponse): void {
    if (this.#answer !== answer) return
    this.#answer = undefined
    this.#lost()
  }

  #waitForRequest(): void {
    clearInterval(this.#beat)
    clearTimeout(this.#giveUp)
    this.#giveUp = setTimeout(() => this.#lost(), this.#interval + 5000)
    this.#giveUp.unref()
  }

  #lost(): void {
    this.#closing = true
    this.#stop()
    const handlers = this.#handlers
    this.#handlers = undefined
    handlers?.onClose()
  }

  #stop(): void {
    clearInterval(this.#beat)
    clearTimeout(this.#giveUp)
    this.#queue = []
    this.#bytes = 0
    this.resume()
    this.#onStop()
  }
}

const comma = Buffer.from(',')

const joined = (parts: readonly Buffer[]): Buffer =>
  Buffer.concat(parts.flatMap((part, i) => (i === 0 ? [part] : [comma, part])))
