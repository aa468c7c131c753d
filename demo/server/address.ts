import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'

/**
 * The client address that limits count against before there is a session. Behind `proxies` of your proxies, it is the
 * entry that the outermost one appended to X-Forwarded-For. A client can forge any entry before that.
 */
export function addressOf({ headers, socket }: IncomingMessage, proxies: number): string {
  const forwarded = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((entry) => entry.trim())
  const address = (proxies > 0 && forwarded.at(-proxies)) || socket.remoteAddress || ''
  return networkOf(address.replace(/^::ffff:(?=\d+\.)/, ''))
}

/** An IPv4 address, or the /64 network of an IPv6 address: one household can use any address in its network. */
function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const before = head.split(':')
  const after = tail === undefined ? [] : tail.split(':')
  const zeros =
    tail === undefined ? [] : Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0')
  return [...before, ...zeros, ...after]
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, '') || '0')
    .join(':')
}

/** The host in the browser's address bar: X-Forwarded-Host behind a proxy of yours, otherwise Host. */
export function hostOf({ headers }: IncomingMessage, proxies: number): string | undefined {
  const forwarded = headers['x-forwarded-host']
  return proxies > 0 && typeof forwarded === 'string' ? forwarded.split(',').at(-1)!.trim() : headers.host
}
