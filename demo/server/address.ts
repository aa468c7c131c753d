import type { IncomingMessage } from 'node:http'
import { isIPv6 } from 'node:net'

/**
 * Whom to count a request against, before there is a session. Behind `proxies` proxies of our own, the client is the
 * entry that the outermost of them appended to X-Forwarded-For; entries before it are the client's own invention.
 */
export function addressOf({ headers, socket }: IncomingMessage, proxies: number): string {
  const forwarded = String(headers['x-forwarded-for'] ?? '')
    .split(',')
    .map((entry) => entry.trim())
  const address = (proxies > 0 && forwarded.at(-proxies)) || socket.remoteAddress || ''
  return networkOf(address.replace(/^::ffff:(?=\d+\.)/, ''))
}

/** A household has one IPv4 address, or 2^64 IPv6 addresses with one beginning. */
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

/** The host that the browser sees: what a proxy of ours says it is, or the request's own. */
export function hostOf({ headers }: IncomingMessage, proxies: number): string | undefined {
  const forwarded = headers['x-forwarded-host']
  return proxies > 0 && typeof forwarded === 'string' ? forwarded.split(',').at(-1)!.trim() : headers.host
}
