import { isRecord } from '../wire/codec.ts'
import { badRequest, notFound } from '../wire/errors.ts'
import type { Faults } from '../faults/faults.ts'
import { objectBody, type Reply, type Request } from './http.ts'
import type { Route } from './router.ts'

const verbs = new Set<string>([
  'refuse',
  'delay',
  'hold',
  'lose',
  'duplicate',
  'reorder',
  'freeze',
  'drop',
  'forget',
  'discontinue',
  'attached',
  'detach',
  'fail',
  'failConnection',
  'expireToken',
  'requestReauth',
  'restart',
] satisfies (keyof Faults)[])

/** The faults over HTTP, for tests that run in a browser: `POST /faults {"verb": "refuse", …}` answers with an id. */
export function faultRoutes(faults: Faults): Route[] {
  const ongoing = new Map<string, { verb: string; options: object; remove: () => void }>()
  let count = 0

  const start = (request: Request): Reply => {
    const { verb, ...options } = objectBody(request)
    if (typeof verb !== 'string' || !verbs.has(verb)) {
      throw badRequest(`unable to start the fault; verb must be one of ${[...verbs].join(', ')}`)
    }
    const apply = faults[verb as keyof Faults] as (options: object) => unknown
    const remove = apply(revivePatterns(options) as object)
    const id = String(++count)
    if (typeof remove === 'function') ongoing.set(id, { verb, options, remove: remove as () => void })
    return { status: 201, body: { id } }
  }

  return [
    ['POST', '/faults', start],
    [
      'GET',
      '/faults',
      () => ({
        status: 200,
        body: [...ongoing].map(([id, { verb, options }]) => Object.assign({ id, verb }, options)),
      }),
    ],
    [
      'DELETE',
      '/faults/:id',
      (_request, { id }) => {
        const fault = ongoing.get(id!)
        if (!fault) throw notFound(`unable to remove fault ${id}; there is none`)
        fault.remove()
        ongoing.delete(id!)
        return { status: 204 }
      },
    ],
    [
      'DELETE',
      '/faults',
      () => {
        faults.clear()
        ongoing.clear()
        return { status: 204 }
      },
    ],
  ]
}

/** JSON has no patterns: a string such as `"/token/i"` inside `match` stands for one. */
function revivePatterns(value: unknown): unknown {
  if (typeof value === 'string') {
    const match = /^\/(.+)\/([a-z]*)$/s.exec(value)
    return match ? new RegExp(match[1]!, match[2]) : value
  }
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revivePatterns(inner)]))
}
