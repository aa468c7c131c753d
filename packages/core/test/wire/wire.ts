import { startLocalAbly } from '@rejoin/local-ably'
import type { LocalAbly } from '@rejoin/local-ably'
import * as Ably from 'ably'
import { patience } from '../patience.ts'
import { createSession } from '../../src/index.ts'
import type { Session, SessionOptions } from '../../src/index.ts'

/** Who lost a connection tries again soon; but nobody takes a slow answer for none. */
const timers = {
  disconnectedRetryTimeout: 100,
  suspendedRetryTimeout: 200,
  channelRetryTimeout: 200,
  realtimeRequestTimeout: patience,
  httpRequestTimeout: patience,
}

/** What a frame that carries messages has as its action. */
const messageAction = 15

/** One server, and the clients and sessions that a test opened on it: real SDK, real sockets. */
export class Wire {
  readonly server: LocalAbly
  private readonly clients: Ably.Realtime[] = []
  private readonly sessions: Session[] = []
  private static count = 0

  private constructor(server: LocalAbly) {
    this.server = server
  }

  static async start(options?: Parameters<typeof startLocalAbly>[0]): Promise<Wire> {
    return new Wire(await startLocalAbly({ port: 0, ...options }))
  }

  /** A channel name of its own. */
  channelName(): string {
    return `ai:${++Wire.count}`
  }

  client(options: Partial<Ably.ClientOptions> = {}): Ably.Realtime {
    const client = new Ably.Realtime({ ...this.server.clientOptions, ...timers, logLevel: 0, ...options })
    this.clients.push(client)
    return client
  }

  session(
    channelName: string,
    options: Partial<SessionOptions> & { clientOptions?: Partial<Ably.ClientOptions> } = {},
  ): Session {
    const { clientOptions, ...rest } = options
    const session = createSession({
      client: this.client({ clientId: 'reader', ...clientOptions }),
      channelName,
      ...rest,
    } as SessionOptions)
    this.sessions.push(session)
    return session
  }

  /**
   * Resolves when clients have received all that the server had sent them: a connection's pong comes after it. Does not
   * wait for connections that are lost.
   */
  async delivered(): Promise<void> {
    const connected = this.clients.filter(({ connection }) => connection.state === 'connected')
    await Promise.all(connected.map(pong))
  }

  /** Resolves when the server has the next message of a client on a channel. */
  published(clientId: string, channel: string): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.server.log.listen((event) => {
        if (event.kind !== 'in' || event.clientId !== clientId || event.frame?.action !== messageAction)
          return
        if (event.channel !== channel) return
        stop()
        resolve()
      })
    })
  }

  /** Ends what a test opened; the server stays. */
  release(): void {
    for (const session of this.sessions.splice(0)) session.close()
    for (const client of this.clients.splice(0)) client.close()
    this.server.faults.clear()
  }

  async close(): Promise<void> {
    this.release()
    await this.server.close()
  }
}

/** Resolves when the server has answered a ping, or the connection is lost. */
async function pong({ connection }: Ably.Realtime): Promise<void> {
  let stop = (): void => {}
  const lost = new Promise<void>((resolve) => connection.once((stop = () => resolve())))
  await Promise.race([connection.ping().catch(() => {}), lost])
  connection.off(stop)
}

/** Waits until `check` gives something, or fails with what it was waiting for. `poll` may look afar before each. */
export async function until<V>(
  what: string,
  check: () => V | undefined | false | null,
  poll?: () => Promise<void>,
): Promise<V> {
  const deadline = Date.now() + patience
  for (;;) {
    await poll?.()
    const value = check()
    if (value) return value
    if (Date.now() > deadline) throw new Error(`gave up waiting for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
