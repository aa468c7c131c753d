import { everything, type Capability } from './auth/capability.ts'
import { Retained } from './channel/retained.ts'
import { Connections } from './connection/connections.ts'
import type { Context } from './context.ts'
import { createFaults } from './faults/createFaults.ts'
import type { Faults } from './faults/faults.ts'
import { queryCredentials } from './rest/credentials.ts'
import type { Reply, Request } from './rest/http.ts'
import type { ListenerOptions } from './listener.ts'
import { Log } from './log.ts'
import { Origins } from './origins.ts'
import { Port } from './port.ts'
import { Restarts } from './restarts.ts'
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
  const host = options.host ?? '127.0.0.1'
  const context = contextOf(options)
  const { log } = context
  const world = new World(context)
  world.seed(options)
  world.load()
  const connections = new Connections(context, world)
  const faults = createFaults({
    rules: context.rules,
    connections,
    apps: world.apps,
    restart: (how) => restarts.restart(how),
    note: (text) => log.write({ kind: 'fault', text }),
  })
  const rest = createRest(context, world, connections, [
    ...pageRoutes(world.apps, connections, log),
    ...faultRoutes(faults),
  ])
  const port = await Port.open(listenerOptions(context, connections, rest, host, options.port ?? 0))
  const restarts = new Restarts(context, world, connections, port)
  const sweepEvery = Math.max(50, Math.min(10_000, context.settings.retention.recent / 4))
  const sweep = setInterval(() => world.expire(Date.now()), sweepEvery).unref()
  const clientOptionsOf = (key: string): ClientOptions => ({
    key,
    endpoint: host,
    port: port.number,
    tls: false,
  })
  const { key } = resolveKeys(options.keys)[0]!
  return {
    url: `http://${host}:${port.number}`,
    port: port.number,
    key,
    clientOptions: clientOptionsOf(key),
    faults,
    log,
    status: () => statusOf(world.apps, connections),
    createApp: (app = {}) => clientOptionsOf(addApp(world, app)),
    async close() {
      await restarts.close()
      clearInterval(sweep)
      world.close()
      connections.clear()
      context.storage?.close()
      await port.close()
    },
  }
}

function contextOf(options: LocalAblyOptions): Context {
  const settings = resolveSettings(options)
  const log = new Log()
  if (options.log) log.listen(options.log)
  return {
    settings,
    log,
    rules: new Rules(),
    origins: new Origins(options.origins ?? []),
    serials: createSerials(randomName(8)),
    retained: new Retained(settings.retention.totalBytes),
    storage: openStorage(options, log),
  }
}

function listenerOptions(
  { settings, rules, log, origins, storage }: Context,
  connections: Connections,
  rest: (request: Request) => Reply | Promise<Reply>,
  host: string,
  port: number,
): ListenerOptions {
  return {
    host,
    port,
    log,
    answer: (request) => {
      const { method, path } = request
      if (!path.startsWith('/faults')) rules.check('rest', () => ({ method, path }))
      if (path !== '/status') log.write({ kind: 'http', text: `${method} ${path}` })
      return afterKept(storage, method, rest(request))
    },
    maxSize: settings.limits.frameSize,
    maxIdleInterval: settings.maxIdleInterval,
    origins,
    admit: (query, path) => {
      rules.check('upgrade', () => ({ path, clientId: query.get('clientId') ?? undefined }))
    },
    accept(socket, query, origin) {
      connections.accept(socket, query, { ...queryCredentials(query), origin })
    },
  }
}

/** Makes an isolated app, and returns its key. */
function addApp(
  world: World,
  { namespaces, capability = everything, webhooks = [] }: NonNullable<Parameters<LocalAbly['createApp']>[0]>,
): string {
  const app = world.createApp(namespaces)
  const { name, secret } = app.addKey(`${app.id}.${randomName(6)}`, randomName(22), capability)
  for (const rule of webhooks) app.addWebhook(rule)
  world.save(app)
  return `${name}:${secret}`
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
