import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { Connections } from './connections.ts'
import type { Context } from './context.ts'
import { createFaults, type Faults } from './faults.ts'
import { exchange, type Request } from './http.ts'
import { Log } from './log.ts'
import { createRest } from './rest.ts'
import { Rules } from './rules.ts'
import { createSerials, randomName } from './serial.ts'
import { resolveKeys, resolveSettings, type LocalAblyOptions } from './settings.ts'
import { Socket } from './socket.ts'
import { World } from './world.ts'

/** What a client of the `ably` SDK needs to connect: spread it into its options. */
export interface ClientOptions {
  key: string
  endpoint: string
  port: number
  tls: false
}

/** A running server. */
export interface LocalAbly {
  /** `http://127.0.0.1:port` */
  readonly url: string
  readonly port: number
  /** The first key: `appId.keyId:secret`. */
  readonly key: string
  readonly clientOptions: ClientOptions
  readonly faults: Faults
  /** What passes, as it passes. */
  readonly log: Log
  /** Stops at once, whoever is connected. */
  close(): Promise<void>
}

/** Starts an Ably-compatible server in this process. */
export async function startLocalAbly(options: LocalAblyOptions = {}): Promise<LocalAbly> {
  const settings = resolveSettings(options)
  const host = options.host ?? '127.0.0.1'
  const { key } = resolveKeys(options.keys)[0]!
  const context: Context = {
    settings,
    serials: createSerials(randomName(8)),
    rules: new Rules(),
    log: new Log(),
  }
  if (options.log) context.log.listen(options.log)
  const world = new World(context)
  world.seed(options.keys, options.namespaces)
  const connections = new Connections(context, world)
  const rest = createRest(context, world, connections)

  let listener = await listen(options.port ?? 0)
  const { port } = listener.address() as AddressInfo
  const sweep = setInterval(
    () => world.expire(Date.now()),
    Math.max(50, Math.min(10_000, settings.retention.recent / 4)),
  )
  sweep.unref()

  function listen(onPort: number): Promise<Server> {
    const server = createServer((incoming, response) => {
      void exchange(incoming, response, settings.limits.frameSize, answer).catch(() => response.destroy())
    })
    const sockets = new WebSocketServer({
      noServer: true,
      perMessageDeflate: false,
      maxPayload: settings.limits.frameSize,
    })
    server.on('upgrade', (incoming: IncomingMessage, raw: Duplex, head: Buffer) => {
      raw.on('error', () => raw.destroy())
      sockets.handleUpgrade(incoming, raw, head, (ws) => {
        const { searchParams } = new URL(incoming.url ?? '/', 'http://local')
        const format = searchParams.get('format') === 'msgpack' ? 'msgpack' : 'json'
        const asked = Number(searchParams.get('heartbeatInterval') ?? Number.NaN)
        const interval = asked >= 1000 ? asked : settings.maxIdleInterval
        const socket = new Socket(ws, raw, format, {
          interval,
          frames: searchParams.get('heartbeats') === 'true',
        })
        connections.accept(socket, searchParams)
      })
    })
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen(onPort, host, () => resolve(server))
    })
  }

  function answer(request: Request) {
    context.rules.check('rest', () => ({ method: request.method, path: request.path }))
    context.log.write({ kind: 'http', text: `${request.method} ${request.path}` })
    return rest(request)
  }

  async function stopListening(): Promise<void> {
    const stopped = new Promise<void>((resolve) => listener.close(() => resolve()))
    for (const connection of connections.all()) connection.drop()
    listener.closeAllConnections()
    await stopped
  }

  async function restart({ memory, downFor }: { memory: boolean; downFor: number }): Promise<void> {
    context.log.write({ kind: 'fault', text: `restart ${memory ? 'with' : 'without'} memory` })
    await stopListening()
    if (!memory) {
      connections.clear()
      world.forget()
      Object.assign(context, { serials: createSerials(randomName(8)) })
    }
    if (downFor > 0) await new Promise((resolve) => setTimeout(resolve, downFor))
    listener = await listen(port)
  }

  const faults = createFaults({
    rules: context.rules,
    connections,
    apps: world.apps,
    restart,
    note: (text) => context.log.write({ kind: 'fault', text }),
  })

  return {
    url: `http://${host}:${port}`,
    port,
    key,
    clientOptions: { key, endpoint: host, port, tls: false },
    faults,
    log: context.log,
    async close() {
      clearInterval(sweep)
      connections.clear()
      await stopListening()
    },
  }
}
