import * as Ably from 'ably'
import type { ClientOptions } from 'ably'

/** Takes the place of `ably` in code blocks that are run: the same client, connected to the test's own server. */
export class Realtime extends Ably.Realtime {
  constructor({ clientId = 'ann', echoMessages = true, transportParams }: ClientOptions) {
    const { localAbly } = globalThis as { localAbly?: ClientOptions }
    if (!localAbly) throw new Error('unable to connect; set globalThis.localAbly first')
    super({ ...localAbly, logLevel: 0, clientId, echoMessages, ...(transportParams && { transportParams }) })
    opened.add(this)
  }
}

const opened = new Set<Realtime>()

/** Closes the clients that code blocks have opened. */
export function closeClients(): void {
  for (const client of opened) client.close()
  opened.clear()
}
