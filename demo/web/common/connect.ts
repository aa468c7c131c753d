import type { createSession, ResponseRow, ResponseState, seed, SeedPage, Session } from '@rejoin/core'
import type { ClientOptions, Realtime } from 'ably'
import { call, type Config, type Conversation } from './api.ts'
import { keptBranches } from './branches.ts'
import { upload } from './upload.ts'

/** From npm or from script tags: the pages differ, their behaviour does not. */
export interface Libraries {
  Realtime: new (options: ClientOptions) => Realtime
  createSession: typeof createSession
  seed: typeof seed
}

export interface Connection {
  client: Realtime
  session: Session
  /** Names this tab to the demo's server, which can break the network of one tab alone. */
  tab: string
  /** Whether a response is what the agent put into the database when it had finished. */
  isStored(response: ResponseState): boolean
  close(): void
}

export const channelOf = ({ id }: Pick<Conversation, 'id'>): string => `ai:${id}`

/** Joins a conversation: what is complete comes from the database, the rest from the channel. */
export function connect(
  { id }: Conversation,
  config: Config,
  { Realtime, createSession, seed }: Libraries,
): Connection {
  const tab = randomId()
  const client = new Realtime({
    ...(config.embedded ? embeddedOptions(tab) : {}),
    // Short-lived tokens, for this conversation only; the SDK asks for the next one in time.
    authCallback: (_params, done) => {
      call<{ token: string }>('GET', `/conversations/${id}/token`).then(
        ({ token }) => done(null, token),
        (error: Error) => done(error.message, null),
      )
    },
  })
  const stored = new Map<string, string>()
  const session = createSession({
    client,
    channelName: channelOf({ id }),
    // Only the agent can begin an answer, even if a token lets others publish.
    agents: ['agent'],
    branches: keptBranches(id),
    uploadFile: (file, options) => upload(id, file, options),
    hydrate: seed({
      load: async (cursor, signal) => {
        const query = new URLSearchParams({ limit: '20', ...(cursor ? { cursor } : {}) })
        const page = await call<SeedPage>('GET', `/conversations/${id}/rows?${query}`, undefined, signal)
        for (const row of page.rows)
          if (row.role === 'assistant' && row.status === 'complete') stored.set(row.id, textOf(row))
        return page
      },
    }),
  })
  return {
    client,
    session,
    tab,
    isStored: ({ id: responseId, text }) => stored.get(responseId) === text,
    close: () => {
      session.close()
      client.close()
    },
  }
}

const textOf = ({ text, parts = [] }: ResponseRow): string =>
  text ?? parts.map((part) => (part.type === 'text' ? (part.text ?? '') : '')).join('')

/** The demo's own Ably server is reached through the page's own address. */
function embeddedOptions(tab: string): ClientOptions {
  const tls = location.protocol === 'https:'
  const port = Number(location.port) || (tls ? 443 : 80)
  return {
    endpoint: location.hostname,
    tls,
    port,
    tlsPort: port,
    transportParams: { tab, remainPresentFor: '4000' },
    // There is no other transport to fall back to, so no connectivity check is needed.
    transports: ['web_socket'],
    disableConnectivityCheck: true,
    // The server forgets connections after seconds, so that one can watch it: the client must reconnect as quickly.
    disconnectedRetryTimeout: 1500,
    suspendedRetryTimeout: 2000,
  }
}

/** `crypto.randomUUID` exists on secure origins only, and a phone in the same network is not one. */
function randomId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('')
}
