import { allowsAnywhere } from '../auth/capability.ts'
import { badRequest, denied } from '../wire/errors.ts'
import { listBody } from './body.ts'
import type { Reply, Request } from './http.ts'
import { pageReply, readPageQuery } from './paging.ts'
import type { Rest } from './target.ts'
import type { Route } from './router.ts'
import { intervalId, isUnit } from './stats.ts'

export function statsRoutes(rest: Rest): Route[] {
  return [
    ['GET', '/stats', (request) => readStats(rest, request)],
    ['POST', '/stats', (request) => addStats(rest, request)],
  ]
}

function readStats(rest: Rest, request: Request): Reply {
  const grant = rest.grantOf(request)
  if (!allowsAnywhere(grant.capability, 'stats'))
    throw denied('unable to read statistics; the capability lacks stats')
  const unit = request.query.get('unit') ?? request.query.get('by') ?? 'minute'
  if (!isUnit(unit)) throw badRequest('unable to read statistics; unit must be minute, hour, day or month')
  const bounds = new URLSearchParams(request.query)
  bounds.delete('start')
  bounds.delete('end')
  const start = idOf(request.query.get('start'), '0')
  const end = idOf(request.query.get('end'), '9')
  const page = grant.app.stats.read(readPageQuery(bounds, true), unit, start, end)
  const current = intervalId(Date.now())
  const body = page.items.map(({ id, entries }) => ({
    intervalId: id,
    unit,
    appId: grant.app.id,
    schema: 'https://schemas.ably.com/json/app-stats-0.0.5.json',
    entries,
    ...(current.startsWith(id) ? { inProgress: current } : {}),
  }))
  return pageReply('stats', request, page, body)
}

/** The latest time of a `Date`, in milliseconds. */
const latest = 8_640_000_000_000_000

/** Reads a bound: milliseconds, or the name of an interval. */
function idOf(bound: string | null, fallback: string): string {
  if (bound === null || bound === '') return fallback
  if (!/^\d{9,}$/.test(bound)) return bound
  if (Number(bound) > latest) throw badRequest(`unable to read statistics; ${bound} is not a valid time`)
  return intervalId(Number(bound))
}

function addStats(rest: Rest, request: Request): Reply {
  const { app, kind } = rest.grantOf(request)
  if (kind !== 'key') throw denied('unable to add statistics; authenticate with a key')
  for (const fixture of listBody(request)) app.stats.addFixture(fixture)
  return { status: 201, body: [] }
}
