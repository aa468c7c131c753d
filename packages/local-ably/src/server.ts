import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { everything, type Capability } from './auth/capability.ts'
import { Retained } from './channel/retained.ts'
import { Connections } from './connection/connections.ts'
import type { Context } from './context.ts'
import { createFaults, type Faults } from './faults/faults.ts'
import { queryCredentials } from './rest/credentials.ts'
import type { Reply, Request } from './rest/http.ts'
import { listen, stopListening } from './listener.ts'
import { Log } from './log.ts'
import { Origins } from './origins.ts'
import { pageRoutes } from './rest/page.ts'
import { createRest } from './rest/rest.ts'
import { faultRoutes } from './rest/faultControl.ts'
import { Rules } from './faults/rules.ts'
import { createSerials, randomName } from './wire/serial.ts'
import { resolveKeys, resolveSettings, type LocalAblyOptions, type Namespace } from './settings.ts'
import { statusOf, type Status } from './status.ts'
import { Storage } from './storage/storage.ts'
import type { WebhookRule } from './webhooks/rule.ts'
import { World } from './world.ts'

/** The options that an `ably` client needs to connect. Spread them into its own. */
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
  /** Frames, requests and errors as they happen. */
  readonly log: Log
  /** The current channels and connections. */
  status(): Status
  /** Makes an isolated app. Without `namespaces`, everything is allowed on it. */
  createApp(options?: {
    namespaces?: Namespace[]
    capability?: Capability
    webhooks?: WebhookRule[]
  }): ClientOptions
  /** Stops at once and cuts off all clients. */
  close(): Promise<void>
}

/** Starts an Ably-compatible server in this process. */
export async function startLocalAbly(options: LocalAblyOptions = {}): Promise<LocalAbly> {
  const settings = resolveSettings(options)
  const host = options.host ?? '127.0.0.1'
  const { key } = resolveKeys(options.keys)[0]!
  const log = new Log()
  if (options.log) log.listen(options.log)
  const rules = new Rules()
  const origins = new Origins(options.origins ?? [])
  const serials = createSerials(randomName(8))
  const context: Context = {
    settings,
    rules,
    log,
    origins,
    serials,
    retained: new Retained(settings.retention.totalBytes),
    storage: openStorage(options, log),
  }
  const world = new World(context)
  world.seed(options)
  world.load()
  const connections = new Connections(context, world)
  const faults = createFaults({
    rules,
    connections,
    apps: world.apps,
    restart,
    note: (text) => log.write({ kind: 'fault', text }),
  })
  const more = [...pageRoutes(world.apps, connections, log), ...faultRoutes(faults)]
  const rest = createRest(context, world, connections, more)

  const answer = (request: Request) => {
    const { method, path } = request
    if (!path.startsWith('/faults')) rules.check('rest', () => ({ method, path }))
    if (path !== '/status') log.write({ kind: 'http', text: `${method} ${path}` })
    return afterKept(context.storage, method, rest(request))
  }
  const listenOn = (port: number) =>
    listen({
      host,
      port,
      log,
      answer,
      maxSize: settings.limits.frameSize,
      maxIdleInterval: settings.maxIdleInterval,
      origins,
      admit: (query, path) => {
        rules.check('upgrade', () => ({ path, clientId: query.get('clientId') ?? undefined }))
      },
      accept(socket, query, origin) {
        connections.accept(socket, query, { ...queryCredentials(query), origin })
      },
    })
  let listener = await listenOn(options.port ?? 0)
  const { port } = listener.address() as AddressInfo
  const sweepEvery = Math.max(50, Math.min(10_000, settings.retention.recent / 4))
  const sweep = setInterval(() => world.expire(Date.now()), sweepEvery).unref()

  const closing = new AbortController()
  let restarting: Promise<void> = Promise.resolve()
  function restart(how: { memory: boolean; downFor: number }): Promise<void> {
    const done = restarting.then(() => restartNow(how))
    restarting = done.catch((error) => log.writeError('a restart', error))
    return done
  }

  async function restartNow({ memory, downFor }: { memory: boolean; downFor: number }): Promise<void> {
    log.write({ kind: 'fault', text: `restart ${memory ? 'with' : 'without'} memory` })
    for (const connection of connections.all()) connection.drop()
    await stopListening(listener)
    if (!memory) {
      connections.clear()
      world.flush()
      world.forget()
      // A new series: serials from before the restart are unknown.
      context.serials = createSerials(randomName(8))
      world.load()
    }
    // Wait a little: clients must see their old sockets close before the port opens again.
    await pause(Math.max(downFor, 20), undefined, { signal: closing.signal }).catch(() => {})
    if (closing.signal.aborted) return
    listener = await listenOn(port)
  }

  return {
    url: `http://${host}:${port}`,
    port,
    key,
    clientOptions: { key, endpoint: host, port, tls: false },
    faults,
    log,
    status: () => statusOf(world.apps, connections),
    createApp({ namespaces, capability, webhooks = [] } = {}) {
      const app = world.createApp(namespaces)
      const { name, secret } = app.addKey(
        `${app.id}.${randomName(6)}`,
        randomName(22),
        capability ?? everything,
      )
      for (const rule of webhooks) app.addWebhook(rule)
      world.save(app)
      return { key: `${name}:${secret}`, endpoint: host, port, tls: false }
    },
    async close() {
      closing.abort()
      await restarting
      clearInterval(sweep)
      world.close()
      connections.clear()
      context.storage?.close()
      await stopListening(listener)
    },
  }
}

function openStorage(options: LocalAblyOptions, log: Log): Storage | undefined {
  const { file, syncFile = false, repairFile = false } = options
  if (file === undefined) return undefined
  return new Storage({ path: file, sync: syncFile, repair: repairFile, warn: (text) => log.warn(text) })
}

/** Delays the answer to a change until the change is stored as the options ask. */
async function afterKept(
  storage: Storage | undefined,
  method: string,
  reply: Reply | Promise<Reply>,
): Promise<Reply> {
  const done = await reply
  if (method !== 'GET') await storage?.whenKept()
  return done
}
