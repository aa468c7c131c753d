import type { App } from '../app.ts'
import { authenticate, type Credentials, type Directory } from '../auth/auth.ts'
import type { Channel } from '../channel/channel.ts'
import { Connection } from './connection.ts'
import type { Context } from '../context.ts'
import { AblyError, asAblyError, isTokenError } from '../wire/errors.ts'
import type { Grant } from '../auth/grant.ts'
import type { MessageInput } from '../channel/message.ts'
import { Action } from '../wire/protocol.ts'
import { authorOf, checkRates } from './publish.ts'
import { publisherOf } from './publishFrame.ts'
import { Rollup } from './rollup.ts'
import { matches, type Match } from '../faults/rules.ts'
import { serve } from './session.ts'
import { tokenRevoked } from '../auth/token.ts'
import { deaf, type Socket } from './socket.ts'

const rollupWindows = new Set([0, 20, 40, 100, 500])

/** All connections of a server, with and without a socket. */
export class Connections {
  readonly #context: Context
  readonly #directory: Directory
  readonly #byId = new Map<string, Connection>()

  constructor(context: Context, directory: Directory) {
    this.#context = context
    this.#directory = directory
  }

  /** Accepts a socket as a new or a resumed connection, or refuses it with an error frame. */
  accept(socket: Socket, query: URLSearchParams, credentials: Credentials): Connection | undefined {
    try {
      const grant = authenticate(this.#directory, credentials)
      const key = query.get('resume') ?? query.get('recover') ?? ''
      this.#context.rules.check('connect', () => ({
        app: grant.app.id,
        clientId: grant.clientId,
        connectionId: key.split('!')[0],
      }))
      return this.#open(socket, query, grant)
    } catch (error) {
      refuse(socket, asAblyError(error))
      return undefined
    }
  }

  #open(socket: Socket, query: URLSearchParams, grant: Grant): Connection {
    const key = query.get('resume') ?? query.get('recover')
    const known = key ? this.#findByKey(key, grant) : undefined
    if (!known) this.#checkCount()
    const connection = known ?? this.#create(grant, query)
    if (known) known.grant = grant
    serve(this.#directory, connection, socket)
    connection.open(socket, key && !known ? resumeError(key) : undefined)
    connection.watchToken()
    this.#context.log.write({
      kind: 'connection',
      app: connection.app.id,
      connectionId: connection.id,
      ...(connection.clientId === undefined ? {} : { clientId: connection.clientId }),
      text: known ? 'resumed' : key ? 'could not resume, connected as new' : 'connected',
    })
    return connection
  }

  #checkCount(): void {
    const limit = this.#context.settings.limits.connections
    if (this.#byId.size < limit) return
    throw new AblyError(
      42915,
      429,
      `unable to connect; the server has reached its limit of ${limit} connections`,
    )
  }

  #create(grant: Grant, query: URLSearchParams): Connection {
    const { settings } = this.#context
    const connection = new Connection(this.#context, {
      grant,
      echo: query.get('echo') !== 'false',
      remainPresentFor: numberOf(query.get('remainPresentFor')) ?? settings.remainPresentFor,
    })
    const asked = numberOf(query.get('appendRollupWindow'))
    const window = asked !== undefined && rollupWindows.has(asked) ? asked : settings.appendRollupWindow
    connection.rollup = new Rollup(window, (channel: Channel, input: MessageInput, frameId: string) => {
      const publisher = publisherOf(connection)
      checkRates(this.#context, publisher, channel, 1)
      return channel.operate(input, authorOf(publisher, channel, frameId))
    })
    connection.onEnd = () => this.#byId.delete(connection.id)
    this.#byId.set(connection.id, connection)
    return connection
  }

  #findByKey(key: string, grant: Grant): Connection | undefined {
    const connection = this.#byId.get(key.split('!')[0]!)
    if (!connection?.hasKey(key)) return undefined
    if (connection.app !== grant.app) return undefined
    const before = connection.clientId
    if (before !== undefined && before !== '*' && grant.clientId !== before) {
      throw new AblyError(
        40102,
        401,
        'unable to resume; the credentials are for another client than the connection',
      )
    }
    return connection
  }

  /** Revokes tokens, at once or after their margin. */
  revoke(about: {
    app: App
    keyName: string
    target: string
    issuedBefore: number
    appliesAt: number
  }): void {
    const { app, keyName, target, issuedBefore, appliesAt } = about
    const concerned = () =>
      this.all().filter(({ grant }) => grant.app === app && this.#directory.tokens.concerns(about, grant))
    const delay = appliesAt - Date.now()
    if (delay > 0) for (const connection of concerned()) connection.send({ action: Action.auth })
    const apply = () => {
      this.#directory.tokens.revoke({ app: app.id, keyName, target, issuedBefore })
      for (const connection of concerned()) connection.disconnect(tokenRevoked())
    }
    if (delay > 0) setTimeout(apply, delay).unref()
    else apply()
  }

  /** Finds a connection by its key. */
  byKey(key: string): Connection | undefined {
    const connection = this.#byId.get(key.split('!')[0]!)
    return connection?.hasKey(key) ? connection : undefined
  }

  all(): Connection[] {
    return [...this.#byId.values()]
  }

  /** The connections that match. */
  matching(match: Match | undefined): Connection[] {
    return this.all().filter((connection) => matches(match, connection.subject()))
  }

  /** Drops all connections, as a crash does. */
  clear(): void {
    for (const connection of this.all()) {
      connection.drop()
      connection.end()
    }
  }
}

function resumeError(key: string): AblyError {
  return /^[A-Za-z0-9]{10}![A-Za-z0-9]{12}$/.test(key)
    ? new AblyError(80008, 400, 'Unable to recover connection')
    : new AblyError(80018, 400, 'Unable to recover connection: invalid connection key')
}

// Refusals are sent as a frame, because SDKs cannot read the status of a refused upgrade.
function refuse(socket: Socket, error: AblyError): void {
  socket.handle(deaf)
  const passing = error.statusCode >= 500 || error.statusCode === 429
  const action = passing && !isTokenError(error) ? Action.disconnected : Action.error
  socket.close({ action, error: error.toWire() })
}

function numberOf(text: string | null): number | undefined {
  return text !== null && /^\d+$/.test(text) ? Number(text) : undefined
}
