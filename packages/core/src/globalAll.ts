import type { ClientOptions } from 'ably'
import { BaseRealtime, FetchRequest, RealtimePresence, Rest, WebSocketTransport } from 'ably/modular'

/** The script bundle `rejoin.all.global.js`: the reader and the Ably client it needs, in one file. */
export * from './index.ts'

/**
 * Ably's client with the plugins that a session uses: WebSocket, history and presence. `options.plugins` adds more.
 */
export class Realtime extends BaseRealtime {
  constructor(options: ClientOptions) {
    super({
      ...options,
      plugins: { WebSocketTransport, FetchRequest, Rest, RealtimePresence, ...options.plugins },
    })
  }
}
