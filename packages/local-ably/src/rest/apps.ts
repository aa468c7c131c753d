import { authenticate } from '../auth/auth.ts'
import type { App, Key } from '../app.ts'
import { writeCapability, type Capability } from '../auth/capability.ts'
import { isRecord, readPayload } from '../wire/codec.ts'
import { credentialsOf } from './credentials.ts'
import { badRequest, denied } from '../wire/errors.ts'
import { objectBody } from './body.ts'
import type { Reply, Request } from './http.ts'
import { PresenceAction, type WirePresence } from '../wire/protocol.ts'
import type { Rest } from './target.ts'
import type { Params, Route } from './router.ts'
import { randomName } from '../wire/serial.ts'
import type { Namespace } from '../settings.ts'
import type { World } from '../world.ts'

const appKeyCapability: Capability = { '*': ['*'] }

/** Apps over HTTP, in the shape that Ably's own test suites use. */
export function appRoutes(rest: Rest, world: World): Route[] {
  return [
    ['POST', '/apps', (request) => createApp(world, request)],
    ['DELETE', '/apps/:id', (request, params) => deleteApp(rest, world, request, params)],
  ]
}

function createApp(world: World, request: Request): Reply {
  const body = request.body === undefined ? {} : objectBody(request)
  const namespaces =
    body.namespaces === undefined ? undefined : listOf(body.namespaces, 'namespaces').map(readNamespace)
  const app = world.createApp(namespaces)
  const { id } = app
  const wanted = body.keys === undefined ? [{}] : listOf(body.keys, 'keys')
  const keys = wanted.map((spec) => addKey(app, spec))
  const limits =
    isRecord(body.limits) && isRecord(body.limits.presence) ? body.limits.presence.maxMembers : undefined
  if (typeof limits === 'number') app.maxPresenceMembers = limits
  for (const channel of listOf(body.channels, 'channels')) addFixtures(app, channel)
  world.save(app)
  const [hostname, port] = splitHost(request.host)
  return {
    status: 201,
    body: {
      appId: id,
      id,
      accountId: 'local',
      name: typeof body.name === 'string' ? body.name : `app-${id}`,
      status: 'enabled',
      tlsOnly: false,
      keys,
      namespaces: (namespaces ?? []).map((namespace) =>
        Object.assign({ persisted: false, mutableMessages: false }, namespace),
      ),
      endpoint: hostname,
      port,
      tls: false,
    },
  }
}

function addKey(app: App, spec: Record<string, unknown>): object {
  const name = `${app.id}.${randomName(6)}`
  const key: Key = app.addKey(
    name,
    randomName(22),
    spec.capability ?? appKeyCapability,
    spec.revocableTokens === true,
  )
  return {
    keyName: key.name,
    keySecret: key.secret,
    keyStr: `${key.name}:${key.secret}`,
    capability: writeCapability(key.capability),
    revocableTokens: key.revocableTokens,
    id: name.split('.')[1],
    value: key.secret,
    expires: 0,
  }
}

function readNamespace(spec: Record<string, unknown>): Namespace {
  if (typeof spec.id !== 'string') throw badRequest('unable to make the app; each namespace needs an id')
  return { ...spec, id: spec.id }
}

/** Adds members from the start. Their connection does not exist, so they never leave. */
function addFixtures(app: App, spec: Record<string, unknown>): void {
  if (typeof spec.name !== 'string') throw badRequest('unable to make the app; each channel needs a name')
  const connectionId = randomName(10)
  const timestamp = Date.now()
  const members = listOf(spec.presence, 'presence').map((member, i): WirePresence => {
    const { data, encoding } = readPayload(member)
    return {
      action: PresenceAction.present,
      id: `${connectionId}:${i}:0`,
      clientId: typeof member.clientId === 'string' ? member.clientId : `client-${i}`,
      connectionId,
      timestamp,
      data,
      encoding,
    }
  })
  app.channel(spec.name).presence.seed(members)
}

function deleteApp(rest: Rest, world: World, request: Request, params: Params): Reply {
  const grant = authenticate(rest.directory, credentialsOf(request))
  if (grant.app.id !== params.id) throw denied('unable to delete the app; the credentials belong to another')
  for (const connection of rest.connections.all()) {
    if (connection.app === grant.app) connection.fail(denied('the app was deleted'))
  }
  world.removeApp(grant.app.id)
  return { status: 204 }
}

function listOf(value: unknown, field: string): Record<string, unknown>[] {
  if (value === undefined || value === null) return []
  if (!Array.isArray(value) || !value.every(isRecord)) {
    throw badRequest(`unable to make the app; ${field} must be a list of objects`)
  }
  return value
}

function splitHost(host: string): [name: string, port: number] {
  const [, name, port] = /^(\[[^\]]*\]|[^:]*)(?::(\d{1,5}))?$/.exec(host) ?? []
  return [name || '127.0.0.1', Number(port) || 80]
}
