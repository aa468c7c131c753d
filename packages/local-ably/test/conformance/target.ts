import * as Ably from 'ably'
import { patience } from '../../../core/test/patience.ts'
import { afterAll, beforeAll } from 'vitest'
import { startLocalAbly, type LocalAbly } from '../../src/index.ts'

// The conformance suite asks the same of two targets: a local-ably of its own, or, when ABLY_API_KEY is set, the Ably
// service. There the app needs a rule that makes messages of the namespace `mutable` (or of ABLY_MUTABLE_NAMESPACE)
// mutable. Nothing in these tests knows which one it talks to.

const key = process.env.ABLY_API_KEY
const mutableNamespace = process.env.ABLY_MUTABLE_NAMESPACE ?? 'mutable'

export const onService = key !== undefined && key !== ''

let local: LocalAbly | undefined
const opened: Ably.Realtime[] = []

/** Starts the target of a file, and closes its clients and itself at the end. */
export function useTarget(): void {
  beforeAll(async () => {
    if (!onService)
      local = await startLocalAbly({ namespaces: [{ id: mutableNamespace, mutableMessages: true }] })
  })
  afterAll(async () => {
    for (const client of opened) client.close()
    await local?.close()
  })
}

/** The key of the target: it may do everything. */
export const targetKey = (): string => (onService ? key! : local!.key)

function options(more: Ably.ClientOptions): Ably.ClientOptions {
  const { key: localKey, ...where } = local?.clientOptions ?? { key }
  const bringsAuth = ['token', 'tokenDetails', 'authCallback', 'key'].some((name) => name in more)
  const base: Ably.ClientOptions = { logLevel: 0, ...where }
  if (!bringsAuth) base.key = localKey
  return { ...base, ...more }
}

export function realtime(more: Ably.ClientOptions = {}): Ably.Realtime {
  const client = new Ably.Realtime(options(more))
  opened.push(client)
  return client
}

export const rest = (more: Ably.ClientOptions = {}): Ably.Rest => new Ably.Rest(options(more))

const unique = (stem: string): string => `${stem}-${Math.random().toString(36).slice(2, 10)}`

/** A channel name nobody else uses. */
export const channelName = (stem = 'conformance'): string => unique(stem)

/** The same, where messages can be changed. */
export const mutableName = (stem = 'conformance'): string => unique(`${mutableNamespace}:${stem}`)

/** Breaks the connection as a network does; the SDK then comes back by itself. */
export function breakConnection(client: Ably.Realtime): void {
  const { connectionManager } = client.connection as unknown as {
    connectionManager: { disconnectAllTransports(): void }
  }
  connectionManager.disconnectAllTransports()
}

/** Asks until the answer is there: the service takes a moment to store what it delivered. */
export async function eventually<T>(ask: () => Promise<T | undefined | false>): Promise<T> {
  const until = Date.now() + patience
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > until) throw new Error('unable to see the expected state; it did not come')
    await new Promise((resolve) => setTimeout(resolve, onService ? 200 : 10))
  }
}
