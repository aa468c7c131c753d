import { AblyError } from '../wire/errors.ts'
import type { Request } from './http.ts'

/** Parts of the service that this server does not have, by their paths. */
const missing: [path: RegExp, name: string][] = [
  [/^\/push(\/|$)/, 'push notifications'],
  [/^\/channels\/[^/]*\/objects?(\/|$)/, 'LiveObjects'],
  [/^\/chat\//, 'the REST API of Chat'],
  [/^\/queues(\/|$)/, 'queues'],
  [/^\/(accounts|me|v1)(\/|$)/, 'the Control API'],
  [/^\/apps\/[^/]+\/(keys|namespaces|rules|queues|stats)(\/|$)/, 'the Control API'],
]

/** Refuses a request for a missing part of the service, and names the part. */
export function refuseMissing({ method, path }: Request): void {
  const name = missing.find(([pattern]) => pattern.test(path))?.[1]
  if (name) throw new AblyError(40400, 404, `unable to ${method} ${path}; local-ably does not have ${name}`)
}
