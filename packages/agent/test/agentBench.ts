import type { InboundMessage, RealtimeChannel } from 'ably'
import * as Ably from 'ably'
import { startLocalAbly, type LocalAbly, type LocalAblyOptions } from '@rejoin/local-ably'
import { checksum } from '@rejoin/core/protocol'
import { afterAll, beforeAll } from 'vitest'
import { patience } from '../../core/test/patience.ts'
import { createAgent, type Agent, type AgentOptions } from '../src/index.ts'

/** One server with an agent's and a subscriber's client, for tests over a real socket. */
export class Bench {
  server!: LocalAbly
  readonly #clients: Ably.Realtime[] = []
  #channels = 0

  static async start(options: LocalAblyOptions = {}): Promise<Bench> {
    const bench = new Bench()
    await bench.open(options)
    return bench
  }

  async open(options: LocalAblyOptions): Promise<void> {
    this.server = await startLocalAbly({ port: 0, ...options })
  }

  client(options: Ably.ClientOptions = {}): Ably.Realtime {
    const all = {
      ...this.server.clientOptions,
      clientId: 'agent',
      // Retries of connections come soon, so that tests do not wait.
      disconnectedRetryTimeout: 200,
      suspendedRetryTimeout: 200,
      // A slow answer is not taken for none.
      realtimeRequestTimeout: patience,
      httpRequestTimeout: patience,
      logLevel: 0,
      ...options,
    }
    // The SDK takes no `undefined` for nobody.
    const { clientId, ...nobody } = all
    const client = new Ably.Realtime(clientId === undefined ? nobody : all)
    this.#clients.push(client)
    return client
  }

  channelName(): string {
    return `ai:test-${this.#channels++}`
  }

  agent(options: Partial<AgentOptions> & { clientOptions?: Ably.ClientOptions } = {}): Agent {
    const { clientOptions, ...rest } = options
    return createAgent({
      client: options.client ?? this.client({ echoMessages: false, ...clientOptions }),
      channelName: this.channelName(),
      retry: { minDelay: 5, maxDelay: 50 },
      messagesPerSecond: Infinity,
      // The process is the tests' own.
      endOnExit: false,
      ...rest,
    })
  }

  /** A subscriber of its own connection. */
  async reader(channelName: string): Promise<Reader> {
    const channel = this.client({ clientId: 'reader' }).channels.get(channelName)
    const reader = new Reader(channel)
    await channel.subscribe(reader.listener)
    return reader
  }

  /**
   * Lets what is on its way arrive. A connection's pong comes after all that the server sent it before: the first round
   * brings the clients' publishes to the server, the next their deliveries, the last what is said in answer.
   */
  async settle(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await Promise.all(this.#clients.map(pong))
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Looks until there is something to see. */
  async until<T>(look: () => T | undefined | false): Promise<T> {
    for (;;) {
      const found = look()
      if (found) return found
      await new Promise((resolve) => setTimeout(resolve, 2))
    }
  }

  /** As if the process of every such client had died: their sockets close, and they never come back. */
  kill(clientId: string): void {
    for (const client of this.#clients.filter((one) => one.auth.clientId === clientId))
      client.connection.close()
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close()
    await this.server.close()
  }
}

/** A bench that lasts as long as the tests of a file, or of a `describe`. */
export function useBench(options: LocalAblyOptions = {}): Bench {
  const bench = new Bench()
  beforeAll(() => bench.open(options))
  afterAll(() => bench.close())
  return bench
}

/** Resolves when the server has answered a ping, or the connection is not there to answer. */
async function pong({ connection }: Ably.Realtime): Promise<void> {
  if (connection.state !== 'connected') return
  let stop = (): void => {}
  const gone = new Promise<void>((resolve) => connection.once((stop = () => resolve())))
  await Promise.race([connection.ping().catch(() => {}), gone])
  connection.off(stop)
}

/** Publishes a prompt. */
export function ask(reader: Reader, promptId: string, text = promptId): Promise<unknown> {
  return reader.channel.publish('user-input', { promptId, text })
}

interface Held {
  name: string
  text: string
  headers: Record<string, string>
  serial: string
  version: string
  metadata: Record<string, string>
}

/** The plainest reader there can be: what a subscriber without our SDK makes of the stream. */
export class Reader {
  readonly channel: RealtimeChannel
  readonly messages: InboundMessage[] = []
  readonly #held = new Map<string, Held>()
  readonly #waiting: (() => void)[] = []

  constructor(channel: RealtimeChannel) {
    this.channel = channel
  }

  readonly listener = (message: InboundMessage): void => {
    this.messages.push(message)
    this.apply(message)
    for (const wake of this.#waiting.splice(0)) wake()
  }

  apply(message: InboundMessage): void {
    const serial = message.serial!
    const known = this.#held.get(serial)
    const data = typeof message.data === 'string' ? message.data : ''
    if (message.extras?.headers?.continues) this.#held.delete(message.extras.headers.continues)
    this.#held.set(serial, {
      name: message.name!,
      text: message.action === 'message.append' ? (known?.text ?? '') + data : data,
      headers: message.extras?.headers ?? {},
      serial,
      version: message.version?.serial ?? serial,
      metadata: message.version?.metadata ?? {},
    })
  }

  async until(test: () => boolean): Promise<void> {
    while (!test()) await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  ended(responseId: string): boolean {
    return this.messages.some(
      ({ name, extras }) =>
        (name === 'response-end' || name === 'stop' || name === 'cancelled') &&
        extras?.headers?.responseId === responseId,
    )
  }

  held(responseId: string): Held[] {
    return [...this.#held.values()]
      .filter(({ headers }) => headers['responseId'] === responseId)
      .sort((a, b) => (a.serial < b.serial ? -1 : 1))
  }

  /** The text of a response, in either pattern, as PROTOCOL.md defines it. */
  text(responseId: string, kind: 'text' | 'reasoning' = 'text'): string {
    const held = this.held(responseId)
    const [token, complete] =
      kind === 'text' ? ['token', 'response-complete'] : ['reasoning', 'reasoning-complete']
    const parts = new Map<string, { text: string; end: number }>()
    for (const { name, text, headers, serial } of held) {
      if (kind === 'text' ? name === 'response' : name === 'reasoning' && !headers['end']) {
        parts.set(serial, { text, end: text.length })
      } else if (name === token || name === complete) {
        const part = parts.get(headers['part']!) ?? { text: '', end: 0 }
        const end = Number(headers['end'])
        if (name === complete) part.text = text
        else if (end > part.text.length) part.text += text
        parts.set(headers['part']!, { text: part.text, end })
      }
    }
    return [...parts.values()].map((part) => part.text).join('')
  }

  /** Whether every text is closed with a length and checksum that agree, the last of each part as done. */
  verified(responseId: string): boolean {
    const held = this.held(responseId)
    const tokens = new Map<string, string>()
    const phases = new Map<string, string | undefined>()
    for (const { name, text, headers, metadata } of held) {
      const part = headers['part']!
      const base = part?.split('.')[0] ?? ''
      const complete = name.endsWith('-complete')
      if (name === 'token' || complete || (name === 'reasoning' && headers['end'])) {
        const whole = complete ? text : (tokens.get(part) ?? '') + text
        const closed = headers['checksum'] !== undefined
        tokens.set(part, closed ? '' : whole)
        phases.set(base, headers['phase'])
        if (closed && !agrees(whole, headers)) return false
      } else if (name === 'response' || name === 'reasoning') {
        phases.set(base, metadata['phase'])
        if (!agrees(text, metadata)) return false
      }
    }
    const done = [...phases.values()].every((phase) => phase === 'done')
    return done && [...tokens.values()].every((rest) => rest === '')
  }
}

function agrees(text: string, stamp: Record<string, string>): boolean {
  return Number(stamp['end']) === text.length && stamp['checksum'] === checksum(text)
}

/** Everything on the channel, oldest first, as one who comes later finds it. */
export async function historyReader(channel: RealtimeChannel): Promise<Reader> {
  const reader = new Reader(channel)
  const items: InboundMessage[] = []
  let page = await channel.history({ limit: 1000 })
  for (;;) {
    items.push(...page.items)
    if (!page.hasNext()) break
    page = (await page.next())!
  }
  for (const message of items.reverse()) reader.listener({ ...message, action: 'message.update' })
  return reader
}

/** The response that names the prompt. */
export const responseTo = (reader: Reader, promptId: string) =>
  reader.messages.find(({ extras }) => extras?.headers?.promptId === promptId && extras.headers.responseId)
    ?.extras.headers.responseId as string | undefined

/** Waits until a prompt's answer has ended. */
export const endOf = async (reader: Reader, promptId: string) => {
  await reader.until(() => {
    const responseId = responseTo(reader, promptId)
    return responseId !== undefined && reader.ended(responseId)
  })
  const responseId = responseTo(reader, promptId)!
  const end = reader.messages.find(
    ({ name, extras }) =>
      /^(response-end|stop|cancelled)$/.test(name!) && extras.headers.responseId === responseId,
  )!
  return {
    responseId,
    text: reader.text(responseId),
    name: end.name,
    status: end.extras.headers.status,
    data: end.data,
  }
}
