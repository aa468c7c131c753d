import type { ClientOptions, Realtime as FullRealtime } from 'ably'
import { BaseRealtime, FetchRequest, RealtimePresence, Rest, WebSocketTransport } from 'ably/modular'

const plugins = { FetchRequest, RealtimePresence, Rest, WebSocketTransport }

/** Ably's client with only the plugins that a chat needs (`Rest` reads history): half its size. */
export const Realtime = function (options: ClientOptions) {
  return new BaseRealtime({ ...options, plugins })
} as unknown as new (options: ClientOptions) => FullRealtime
