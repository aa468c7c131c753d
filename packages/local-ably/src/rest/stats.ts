import { isRecord } from '../wire/codec.ts'
import { badRequest } from '../wire/errors.ts'
import type { Page } from './paging.ts'
import { pageOf, type PageQuery } from './paging.ts'

const units = { minute: 16, hour: 13, day: 10, month: 7 } as const
export type Unit = keyof typeof units

export const isUnit = (unit: string): unit is Unit => unit in units

// Built once, because every publish counts.
const entryPair = (kind: string): [messages: string, data: string] => [
  `messages.inbound.${kind}.messages.count`,
  `messages.inbound.${kind}.messages.data`,
]
const inboundEntries = {
  realtime: [entryPair('realtime'), entryPair('all')],
  rest: [entryPair('rest'), entryPair('all')],
}

interface Interval {
  id: string
  entries: Record<string, number>
}

/** The statistics of one app by minute. Longer intervals are sums; peaks are maxima. */
export class Stats {
  readonly #minutes = new Map<string, Record<string, number>>()

  count(entry: string, count: number, minute = intervalId(Date.now())): void {
    let entries = this.#minutes.get(minute)
    if (!entries) this.#minutes.set(minute, (entries = {}))
    entries[entry] = entry.endsWith('peak')
      ? Math.max(entries[entry] ?? 0, count)
      : (entries[entry] ?? 0) + count
    if (this.#minutes.size > 3000) this.#minutes.delete(this.#minutes.keys().next().value!)
  }

  countMessages(by: 'realtime' | 'rest', count: number, bytes: number): void {
    const minute = intervalId(Date.now())
    for (const [messages, data] of inboundEntries[by]) {
      this.count(messages, count, minute)
      this.count(data, bytes, minute)
    }
  }

  countToken(): void {
    this.count('apiRequests.tokenRequests.succeeded', 1)
  }

  /** Adds statistics that a test suite prepared. */
  addFixture(fixture: unknown): void {
    if (!isRecord(fixture) || typeof fixture.intervalId !== 'string') {
      throw badRequest('unable to add the statistics; each needs an intervalId')
    }
    const { intervalId: id, ...rest } = fixture
    for (const [path, count] of flatten(rest)) {
      for (const entry of entriesOf(path)) this.count(entry, count, id)
    }
  }

  read(query: PageQuery, unit: Unit, startId: string, endId: string): Page<Interval> {
    const length = units[unit]
    const merged = new Map<string, Record<string, number>>()
    for (const [minute, entries] of this.#minutes) {
      const id = minute.slice(0, length)
      let sum = merged.get(id)
      if (!sum) merged.set(id, (sum = {}))
      for (const [name, count] of Object.entries(entries)) {
        sum[name] = name.endsWith('peak') ? Math.max(sum[name] ?? 0, count) : (sum[name] ?? 0) + count
      }
    }
    const all = [...merged]
      .map(([id, entries]): Interval => ({ id, entries }))
      .sort((a, b) => (a.id < b.id ? -1 : 1))
    const within = (id: string) =>
      id >= startId.slice(0, length) && id.slice(0, endId.length) <= endId.slice(0, length)
    return pageOf(all, query, { key: ({ id }) => id, accept: ({ id }) => within(id) })
  }
}

// Cached, because every message asks for the current minute.
let last = { minute: -1, id: '' }

/** The minute of a time in the format of statistics: `2026-02-03:15:03`. */
export function intervalId(time: number): string {
  if (Math.floor(time / 60_000) === last.minute) return last.id
  const text = new Date(time).toISOString()
  last = { minute: Math.floor(time / 60_000), id: `${text.slice(0, 10)}:${text.slice(11, 16)}` }
  return last.id
}

function* flatten(value: Record<string, unknown>, path = ''): Generator<[path: string, count: number]> {
  for (const [key, inner] of Object.entries(value)) {
    const name = path === '' ? key : `${path}.${key}`
    if (typeof inner === 'number') yield [name, inner]
    else if (isRecord(inner)) yield* flatten(inner, name)
  }
}

/** The entries that a path of a fixture counts for: its own kind of traffic, and all kinds. */
function entriesOf(path: string): string[] {
  const match = /^(inbound|outbound)\.(\w+)\.(.+)$/.exec(path)
  if (!match) return [path]
  const [, direction, kind, rest] = match
  return [`messages.${direction}.${kind}.${rest}`, `messages.${direction}.all.${rest}`]
}
