import { badRequest } from '../wire/errors.ts'
import type { Reply, Request } from './http.ts'

/** The query of a paginated listing. */
export interface PageQuery {
  limit: number
  backwards: boolean
  start: number
  end: number
  /** The key of the previous page's last item. */
  cursor: string | undefined
}

export interface Page<T> {
  items: T[]
  /** The key of the last item, when more items follow. */
  next: string | undefined
}

const maxLimit = 1000

export function readPageQuery(query: URLSearchParams, backwardsByDefault: boolean): PageQuery {
  const direction = query.get('direction')
  if (direction !== null && direction !== 'backwards' && direction !== 'forwards') {
    throw badRequest(
      `unable to list; direction ${JSON.stringify(direction)} is neither backwards nor forwards`,
    )
  }
  const start = readNumber(query, 'start', 0)
  const end = readNumber(query, 'end', Infinity)
  const limit = readNumber(query, 'limit', 100)
  if (limit < 1 || limit > maxLimit) throw badRequest(`unable to list; limit must be 1 to ${maxLimit}`)
  if (start > end) throw badRequest('unable to list; start is after end')
  return {
    limit,
    backwards: direction === null ? backwardsByDefault : direction === 'backwards',
    start,
    end,
    cursor: query.get('_after') ?? undefined,
  }
}

function readNumber(query: URLSearchParams, name: string, fallback: number): number {
  const text = query.get(name)
  if (text === null || text === '') return fallback
  if (!/^\d+$/.test(text)) throw badRequest(`unable to list; ${name} ${JSON.stringify(text)} is not a number`)
  return Number(text)
}

/** Returns one page of items that are sorted by key. */
export function pageOf<T>(
  items: readonly T[],
  query: PageQuery,
  about: { key: (item: T) => string; time?: (item: T) => number; accept?: (item: T) => boolean },
): Page<T> {
  const found: T[] = []
  const step = query.backwards ? -1 : 1
  for (let i = startIndex(items, query, about.key); i >= 0 && i < items.length; i += step) {
    const item = items[i]!
    const time = about.time?.(item)
    if (time !== undefined && (time < query.start || time > query.end)) continue
    if (about.accept && !about.accept(item)) continue
    if (found.length === query.limit) return { items: found, next: about.key(found.at(-1)!) }
    found.push(item)
  }
  return { items: found, next: undefined }
}

function startIndex<T>(items: readonly T[], query: PageQuery, key: (item: T) => string): number {
  const { cursor, backwards } = query
  if (cursor === undefined) return backwards ? items.length - 1 : 0
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    const at = key(items[middle]!)
    if (backwards ? at >= cursor : at > cursor) high = middle
    else low = middle + 1
  }
  return backwards ? low - 1 : low
}

/** A page of a listing: what is on it, and links to the first page, this one and the next. */
export function pageReply(
  segment: string,
  { query }: Request,
  { next }: Pick<Page<unknown>, 'next'>,
  body: readonly unknown[],
): Reply {
  return { status: 200, body, headers: { Link: linkHeader(segment, query, next) } }
}

/** The `Link` header. SDKs resolve each `./segment?query` against the request's path; it may not contain a comma. */
function linkHeader(segment: string, query: URLSearchParams, next: string | undefined): string {
  const address = (cursor: string | undefined) => {
    const params = new URLSearchParams(query)
    for (const name of ['rnd', 'envelope', 'key', 'access_token']) params.delete(name)
    params.delete('_after')
    if (cursor !== undefined) params.set('_after', cursor)
    return `./${segment}?${params.toString()}`
  }
  const links = [
    `<${address(undefined)}>; rel="first"`,
    `<${address(query.get('_after') ?? undefined)}>; rel="current"`,
  ]
  if (next !== undefined) links.push(`<${address(next)}>; rel="next"`)
  return links.join(', ')
}
