import { randomBytes } from 'node:crypto'
import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import type { ClientOptions } from 'ably'
import type { Config } from './config.ts'

/** The Ably service, or the server that is embedded in its place. */
export interface Broker {
  key: string
  /** For the agent, which is trusted with the key. */
  clientOptions: ClientOptions
  /** Present when it can be broken at will. */
  local?: LocalAbly
  /** What browsers have to be allowed to talk to, beside the demo itself. */
  origins: string[]
  close(): Promise<void>
}

export async function openBroker({ ablyKey, connectionStateTtl }: Config): Promise<Broker> {
  if (ablyKey)
    return {
      key: ablyKey,
      clientOptions: { key: ablyKey },
      origins: [
        'https://*.ably.net',
        'wss://*.ably.net',
        'https://*.ably-realtime.com',
        'wss://*.ably-realtime.com',
      ],
      close: () => Promise.resolve(),
    }
  const local = await startLocalAbly({
    keys: [{ key: `local.demo:${randomBytes(18).toString('base64url')}`, revocableTokens: true }],
    // The rule that the service needs too: without it, appends are refused with 93002.
    namespaces: [{ id: 'ai', mutableMessages: true, persisted: true }],
    connectionStateTtl,
    // Somebody who is gone should be seen to be gone while one watches.
    remainPresentFor: 4000,
  })
  return {
    key: local.key,
    // Here a server that went away is back within seconds.
    clientOptions: { ...local.clientOptions, disconnectedRetryTimeout: 1000, suspendedRetryTimeout: 2000 },
    local,
    origins: [],
    close: () => local.close(),
  }
}
