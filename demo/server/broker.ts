import { randomBytes } from 'node:crypto'
import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import type { ClientOptions } from 'ably'
import type { Config } from './config.ts'

/** The Ably service, or the embedded server that stands in for it. */
export interface Broker {
  key: string
  /** For the agent, which holds the key. */
  clientOptions: ClientOptions
  /** The embedded server, which can inject faults; absent with the Ably service. */
  local?: LocalAbly
  /** Origins besides the demo that pages must be allowed to connect to. */
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
    // The Ably service needs the same rule: without it, it refuses appends with 93002.
    namespaces: [{ id: 'ai', mutableMessages: true, persisted: true }],
    connectionStateTtl,
    // Short, so that a user of the demo sees members leave.
    remainPresentFor: 4000,
  })
  return {
    key: local.key,
    // A restarted embedded server is back within seconds.
    clientOptions: { ...local.clientOptions, disconnectedRetryTimeout: 1000, suspendedRetryTimeout: 2000 },
    local,
    origins: [],
    close: () => local.close(),
  }
}
