import type { ClientOptions } from 'ably'

/** Ably's address, and the key. */
export interface Target {
  readonly key: string
  /** `http://127.0.0.1:8080`: a local server; default: the service. */
  readonly url?: string | undefined
}

/** Options of an Ably client for a target. */
export function clientOptionsOf({ key, url }: Target, clientId: string): ClientOptions {
  const options: ClientOptions = { key, clientId, logLevel: 0 }
  if (url === undefined) return options
  const { hostname, port, protocol } = new URL(url)
  const tls = protocol === 'https:'
  const at = port === '' ? {} : tls ? { tlsPort: Number(port) } : { port: Number(port) }
  return { ...options, endpoint: hostname, tls, ...at }
}
