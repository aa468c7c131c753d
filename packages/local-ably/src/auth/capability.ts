import { AblyError, badRequest } from '../wire/errors.ts'
import { isRecord } from '../wire/codec.ts'

/** What a key or token may do: operations by resource, such as `{"chat:*": ["publish"]}`. */
export type Capability = Record<string, string[]>

export const operations = [
  'subscribe',
  'publish',
  'presence',
  'history',
  'stats',
  'channel-metadata',
  'push-subscribe',
  'push-admin',
  'privileged-headers',
  'object-subscribe',
  'object-publish',
  'annotation-subscribe',
  'annotation-publish',
  'message-update-own',
  'message-update-any',
  'message-delete-own',
  'message-delete-any',
] as const

export type Operation = (typeof operations)[number]

export const everything: Capability = { '[*]*': ['*'] }

/** Reads a capability from JSON text or an object. Refuses what the service refuses. */
export function readCapability(input: unknown): Capability {
  let value = input
  if (typeof input === 'string') {
    try {
      value = JSON.parse(input)
    } catch {
      throw badRequest('unable to read the capability; it is not JSON')
    }
  }
  if (!isRecord(value)) throw badRequest('unable to read the capability; it must be an object of resources')
  const capability: Capability = {}
  for (const [resource, listed] of Object.entries(value)) {
    if (!Array.isArray(listed) || listed.length === 0) {
      throw badRequest(`unable to read the capability; ${JSON.stringify(resource)} must list operations`)
    }
    if (listed.includes('*') && listed.length > 1) {
      throw badRequest('unable to read the capability; "*" does not mix with other operations')
    }
    for (const operation of listed) {
      if (operation !== '*' && !(operations as readonly unknown[]).includes(operation)) {
        throw badRequest(`unable to read the capability; unknown operation ${JSON.stringify(operation)}`)
      }
    }
    capability[resource] = listed as string[]
  }
  return capability
}

/** The canonical text of a capability: resources and operations sorted. */
export function writeCapability(capability: Capability): string {
  const sorted: Capability = {}
  for (const resource of Object.keys(capability).sort()) sorted[resource] = [...capability[resource]!].sort()
  return JSON.stringify(sorted)
}

/** The name without its qualifier: `[?rewind=1]chat` is the channel `chat`. */
export const baseChannelName = (name: string): string => name.replace(/^\[(\?|filter=)[^\]]*\]/, '')

/** Splits off the kind of a resource: `[meta]x` and `[queue]x` are not ordinary channels. */
const kindOf = (resource: string): [kind: string, rest: string] => {
  const match = /^\[([\w*-]+)\](.*)$/s.exec(resource)
  return match ? [match[1]!, match[2]!] : ['', resource]
}

/**
 * Whether a resource pattern covers a name or another pattern. `*` matches one segment between colons; as the last
 * segment, it matches one or more. `foo*` is literal.
 */
export function covers(pattern: string, name: string): boolean {
  const [patternKind, patternRest] = kindOf(pattern)
  const [nameKind, nameRest] = kindOf(name)
  if (patternKind !== '*' && patternKind !== nameKind) return false
  if (patternRest === nameRest || patternRest === '*') return true
  const wanted = patternRest.split(':')
  const segments = nameRest.split(':')
  const open = wanted.at(-1) === '*'
  if (open ? segments.length < wanted.length : segments.length !== wanted.length) return false
  return wanted.every((segment, i) => segment === '*' || segment === segments[i])
}

/** Whether `capability` allows any of `wanted` on the channel. */
export function allows(capability: Capability, channelName: string, ...wanted: Operation[]): boolean {
  const name = baseChannelName(channelName)
  for (const resource in capability) {
    const listed = capability[resource]!
    if (
      (listed[0] === '*' || wanted.some((operation) => listed.includes(operation))) &&
      covers(resource, name)
    ) {
      return true
    }
  }
  return false
}

/** Whether `capability` allows `wanted` on any resource at all: for operations of an app, such as `stats`. */
export const allowsAnywhere = (capability: Capability, wanted: Operation): boolean =>
  Object.values(capability).some((listed) => listed[0] === '*' || listed.includes(wanted))

const bothOf = (a: string[], b: string[]): string[] =>
  a[0] === '*' ? b : b[0] === '*' ? a : a.filter((operation) => b.includes(operation))

/** What both capabilities allow. Refuses with 40160 when that is nothing, as the service does. */
export function intersect(requested: Capability, granted: Capability): Capability {
  const both: Capability = {}
  for (const [wanted, wantedOperations] of Object.entries(requested)) {
    for (const [held, heldOperations] of Object.entries(granted)) {
      const resource = covers(held, wanted) ? wanted : covers(wanted, held) ? held : undefined
      if (resource === undefined) continue
      const common = bothOf(wantedOperations, heldOperations)
      if (common.length === 0) continue
      const merged = new Set([...(both[resource] ?? []), ...common])
      both[resource] = merged.has('*') ? ['*'] : [...merged].sort()
    }
  }
  if (Object.keys(both).length === 0) {
    throw new AblyError(
      40160,
      401,
      'unable to grant the capability; it does not overlap with the capability of the key',
    )
  }
  return both
}
