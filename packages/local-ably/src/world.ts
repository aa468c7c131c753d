import { App } from './app.ts'
import { AblyError } from './errors.ts'
import type { Context } from './context.ts'
import { randomName } from './serial.ts'
import { resolveKeys, type KeyOption, type Namespace } from './settings.ts'
import { TokenStore } from './token.ts'
import type { Directory } from './auth.ts'

/** The apps of a server and the tokens issued for them: all that a restart without memory loses, keys aside. */
export class World implements Directory {
  readonly apps = new Map<string, App>()
  tokens = new TokenStore()
  readonly #context: Context

  constructor(context: Context) {
    this.#context = context
  }

  /** Makes the apps that the options name by the keys they list. */
  seed(keys: (string | KeyOption)[] | undefined, namespaces: readonly Namespace[] | undefined): void {
    for (const { key, capability, revocableTokens } of resolveKeys(keys)) {
      const [name, secret] = key.split(':') as [string, string]
      const id = name.split('.')[0]!
      const app = this.apps.get(id) ?? this.addApp(id, namespaces)
      app.addKey(name, secret, capability, revocableTokens)
    }
  }

  addApp(id: string, namespaces: readonly Namespace[] | undefined): App {
    const app = new App(id, this.#context, namespaces)
    this.apps.set(id, app)
    return app
  }

  removeApp(id: string): void {
    if (!this.apps.delete(id)) throw new AblyError(40400, 404, `unable to delete app ${id}; there is none`)
  }

  /** An id that no app has yet. */
  newAppId(): string {
    return randomName(6)
  }

  expire(now: number): void {
    for (const app of this.apps.values()) app.expire(now)
    this.tokens.expire(now)
  }

  /** Loses everything but the apps and their keys. */
  forget(): void {
    this.tokens = new TokenStore()
    for (const app of this.apps.values()) {
      app.channels.clear()
      app.nonces.clear()
    }
  }
}
