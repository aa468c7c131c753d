import { App } from './app.ts'
import type { Directory } from './auth/auth.ts'
import type { Context } from './context.ts'
import { badRequest, notFound } from './wire/errors.ts'
import { randomName } from './wire/serial.ts'
import { resolveKeys, type LocalAblyOptions, type Namespace } from './settings.ts'
import { reviveMessage, type StoredRecord } from './storage/record.ts'
import { appRecord, messageRecord } from './storage/storage.ts'
import type { Origins } from './origins.ts'
import { TokenStore } from './auth/token.ts'

/** Apps of one server. */
const maxApps = 10_000

/** The apps of a server and their tokens: the state that a crash loses, except keys and stored messages. */
export class World implements Directory {
  readonly apps = new Map<string, App>()
  tokens = new TokenStore()
  readonly #context: Context

  get origins(): Origins {
    return this.#context.origins
  }

  constructor(context: Context) {
    this.#context = context
    context.retained.onFull = () => this.#shed()
  }

  /** Makes the apps of the keys in the options. */
  seed({
    keys,
    namespaces,
    webhooks = [],
  }: Pick<LocalAblyOptions, 'keys' | 'namespaces' | 'webhooks'>): void {
    for (const { key, capability, revocableTokens } of resolveKeys(keys)) {
      const [name, secret] = key.split(':') as [string, string]
      const id = name.split('.')[0]!
      const app = this.apps.get(id) ?? this.addApp(id, namespaces)
      app.addKey(name, secret, capability, revocableTokens)
    }
    // A rule with a signing key is for that key's app; a rule without one is for all apps.
    for (const rule of webhooks) {
      const owner = [...this.apps.values()].find((app) => app.keys.has(rule.signingKeyId ?? ''))
      for (const app of owner ? [owner] : this.apps.values()) app.addWebhook(rule)
    }
  }

  addApp(id: string, namespaces: readonly Namespace[] | undefined): App {
    const app = new App(id, this.#context, namespaces)
    app.onChange = (channel, message) => this.#context.storage?.note(app, channel, message)
    this.apps.set(id, app)
    return app
  }

  /** Makes an app with a random id. */
  createApp(namespaces?: readonly Namespace[]): App {
    if (this.apps.size >= maxApps) {
      throw badRequest(`unable to make an app; there are ${maxApps} already, delete some`)
    }
    return this.addApp(randomName(6), namespaces)
  }

  /** Stores an app that was made at run time, or removes it if it cannot be stored. */
  save(app: App): void {
    try {
      this.#context.storage?.saveApp(app)
    } catch (error) {
      this.apps.delete(app.id)
      throw error
    }
  }

  removeApp(id: string): void {
    const app = this.apps.get(id)
    if (!app) throw notFound(`unable to delete app ${id}; it does not exist`)
    app.close()
    for (const channel of app.channels.values()) channel.clear()
    this.apps.delete(id)
    this.#context.storage?.removeApp(id)
  }

  /** Loads apps and messages from the file. */
  load(): void {
    const records = this.#context.storage?.load() ?? []
    const messages = records.flatMap((record) => (record.kind === 'message' ? [record] : []))
    for (const { message } of messages) this.#context.serials.advance(message.touched)
    for (const record of records) {
      if (record.kind !== 'app') continue
      const app = this.apps.get(record.id) ?? this.addApp(record.id, record.namespaces)
      for (const key of record.keys) app.addKey(key.name, key.secret, key.capability, key.revocableTokens)
    }
    for (const record of messages.sort((a, b) => (a.message.serial < b.message.serial ? -1 : 1))) {
      this.apps.get(record.app)?.channel(record.channel).restore(reviveMessage(record))
    }
    this.expire(Date.now())
  }

  expire(now: number): void {
    for (const app of this.apps.values()) app.expire(now)
    this.tokens.expire(now)
    this.#context.storage?.compact(() => this.#records())
  }

  *#records(): Generator<StoredRecord> {
    for (const app of this.apps.values()) {
      yield appRecord(app)
      for (const channel of app.channels.values()) {
        for (const message of channel.messages.all()) yield messageRecord(app, channel, message)
      }
    }
  }

  /** Makes room when all channels together keep too much: the largest channels drop messages. */
  #shed(): void {
    const { retained, settings } = this.#context
    const wanted = settings.retention.totalBytes * 0.875
    const channels = [...this.apps.values()].flatMap((app) => [...app.channels.values()])
    for (const { presence } of channels.sort((a, b) => b.presence.historyBytes - a.presence.historyBytes)) {
      if (retained.bytes <= wanted) return
      presence.dropHistory()
    }
    for (const channel of channels.sort((a, b) => b.messages.bytes - a.messages.bytes)) {
      if (retained.bytes <= wanted) return
      channel.shed(Math.max(0, channel.messages.bytes - (retained.bytes - wanted)))
    }
  }

  close(): void {
    for (const app of this.apps.values()) app.close()
  }

  /** Writes pending changes. */
  flush(): void {
    this.#context.storage?.flush()
  }

  /** Drops everything but the apps and their keys, as a crash does. */
  forget(): void {
    this.tokens = new TokenStore()
    for (const app of this.apps.values()) {
      for (const channel of app.channels.values()) channel.clear()
      app.channels.clear()
      app.nonces.clear()
    }
  }
}
