import * as Ably from 'ably'
import { afterAll, beforeAll } from 'vitest'
import { patience } from '../../core/test/patience.ts'
import { startLocalAbly, type LocalAbly, type LocalAblyOptions } from '../src/index.ts'

/** A server for one test file, and clients that end with it. */
export function useServer(options: LocalAblyOptions = {}) {
  const opened: Ably.Realtime[] = []
  const held: { server?: LocalAbly } = {}

  beforeAll(async () => {
    held.server = await startLocalAbly(options)
  })

  afterAll(async () => {
    for (const client of opened) client.close()
    await held.server?.close()
  })

  const server = () => held.server!
  const quick = {
    disconnectedRetryTimeout: 200,
    suspendedRetryTimeout: 300,
    channelRetryTimeout: 200,
    // A slow answer is not taken for none.
    realtimeRequestTimeout: patience,
    httpRequestTimeout: patience,
    logLevel: 0 as const,
  }
  // A client brings its own credentials, or gets the server's key.
  const complete = (options: Ably.ClientOptions): Ably.ClientOptions => {
    const { key, ...where } = server().clientOptions
    const bringsAuth = ['key', 'token', 'authCallback', 'authUrl'].some((name) => name in options)
    return { ...where, ...quick, ...(bringsAuth ? {} : { key }), ...options }
  }
  const realtime = (options: Ably.ClientOptions = {}): Ably.Realtime => {
    const client = new Ably.Realtime(complete(options))
    opened.push(client)
    return client
  }
  const rest = (options: Ably.ClientOptions = {}): Ably.Rest => new Ably.Rest(complete(options))
  return { server, realtime, rest }
}

/** Both wire formats, for `describe.each`. */
export const formats = [
  { format: 'json', useBinaryProtocol: false },
  { format: 'msgpack', useBinaryProtocol: true },
]

let names = 0
/** A channel nobody else uses. */
export const uniqueName = (stem = 'test'): string =>
  `${stem}:${++names}-${Math.random().toString(36).slice(2, 8)}`

/** Collects what a channel delivers, and waits for as many as wanted. */
export function collect<T>(subscribe: (listener: (item: T) => void) => unknown) {
  const items: T[] = []
  const waiting: { count: number; resolve: () => void }[] = []
  const subscribed = subscribe((item) => {
    items.push(item)
    for (const one of waiting) if (items.length >= one.count) one.resolve()
  })
  return {
    items,
    subscribed,
    async atLeast(count: number): Promise<T[]> {
      if (items.length < count) await new Promise<void>((resolve) => waiting.push({ count, resolve }))
      return items
    },
  }
}

/** The error of a promise that must fail. */
export async function errorOf(promise: Promise<unknown>): Promise<Ably.ErrorInfo> {
  try {
    await promise
  } catch (error) {
    return error as Ably.ErrorInfo
  }
  throw new Error('expected a rejection')
}

export const connected = (client: Ably.Realtime): Promise<unknown> => client.connection.whenState('connected')
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
