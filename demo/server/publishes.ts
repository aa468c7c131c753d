import type { ServerResponse } from 'node:http'
import type { LogEvent } from '@rejoin/local-ably'

/** A publish, as the pages' timeline shows it. */
interface Publish {
  id: string
  at: number
  what: string
  characters: number
  fate: 'waiting' | 'stored' | 'refused'
  fateAt?: number
}

interface Waiting {
  connectionId: string
  serial: number
  count: number
  channel: string
  publish: Publish
}

/** Action codes of messages and frames in Ably's protocol. */
const operations = ['create', 'update', 'delete', 'meta', 'summary', 'append']
const frames = { ack: 1, nack: 2, message: 15 }

/** Records the agent's publishes on the embedded server, and their outcomes. */
export class Publishes {
  readonly #agent: string
  readonly #readers = new Map<string, Set<ServerResponse>>()
  #waiting: Waiting[] = []
  #count = 0

  constructor(agent: string) {
    this.#agent = agent
  }

  readonly hear = ({ kind, at, clientId, connectionId, channel, frame }: LogEvent): void => {
    if (!frame || clientId !== this.#agent || connectionId === undefined) return
    if (kind === 'in' && frame.action === frames.message) {
      const name = channel ?? frame.channel ?? ''
      if (!this.#readers.has(name)) return
      const [message] = (frame.messages ?? []) as { action?: number; name?: string; data?: unknown }[]
      const operation = operations[message?.action ?? 0] ?? 'create'
      const publish: Publish = {
        id: `p${++this.#count}`,
        at,
        what: operation === 'create' ? (message?.name ?? operation) : operation,
        characters: typeof message?.data === 'string' ? message.data.length : 0,
        fate: 'waiting',
      }
      this.#waiting.push({ connectionId, serial: frame.msgSerial ?? 0, count: 1, channel: name, publish })
      if (this.#waiting.length > 5000) this.#waiting.shift()
      this.#tell(name, publish)
    } else if (kind === 'out' && (frame.action === frames.ack || frame.action === frames.nack)) {
      const first = frame.msgSerial ?? 0
      const last = first + (frame.count ?? 1)
      const answered = (one: Waiting) =>
        one.connectionId === connectionId && one.serial >= first && one.serial < last
      for (const { channel: name, publish } of this.#waiting.filter(answered))
        this.#tell(name, { ...publish, fate: frame.action === frames.ack ? 'stored' : 'refused', fateAt: at })
      this.#waiting = this.#waiting.filter((one) => !answered(one))
    }
  }

  /** Streams a channel's publishes to a page as server-sent events, until the page closes. */
  stream(channel: string, response: ServerResponse): void {
    const readers = this.#readers.get(channel) ?? new Set()
    this.#readers.set(channel, readers.add(response))
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' })
    response.write(': hello\n\n')
    response.on('close', () => {
      readers.delete(response)
      if (readers.size === 0) this.#readers.delete(channel)
    })
  }

  #tell(channel: string, publish: Publish): void {
    for (const reader of this.#readers.get(channel) ?? [])
      reader.write(`data: ${JSON.stringify(publish)}\n\n`)
  }
}
