import { badRequest, notFound } from '../wire/errors.ts'
import type { Faults } from '../faults/faults.ts'
import { readFaultRequest } from './faultRequest.ts'
import { objectBody } from './body.ts'
import type { Reply, Request } from './http.ts'
import type { Route } from './router.ts'

/** The most faults that HTTP clients may have at the same time. */
const maxOngoing = 1000

/** The faults over HTTP, for tests that run in a browser: `POST /faults {"verb": "refuse", …}` answers with an id. */
export function faultRoutes(faults: Faults): Route[] {
  const ongoing = new Map<string, { verb: string; options: object; remove: () => void }>()
  let count = 0

  const start = (request: Request): Reply => {
    const { verb: _verb, ...written } = objectBody(request)
    const { verb, options } = readFaultRequest(objectBody(request))
    if (ongoing.size >= maxOngoing) {
      throw badRequest(
        `unable to start the fault; ${maxOngoing} are active already, remove some with DELETE /faults`,
      )
    }
    const remove = (faults[verb] as (options: object) => unknown)(options)
    const id = String(++count)
    const lastsFor = verb === 'drop' ? (options.refuseFor ?? 0) : verb === 'freeze' ? options.ms : undefined
    if (typeof remove === 'function' && lastsFor !== 0) {
      ongoing.set(id, { verb, options: written, remove: remove as () => void })
      if (lastsFor !== undefined) setTimeout(() => ongoing.delete(id), lastsFor as number).unref()
    }
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
        if (!fault) throw notFound(`unable to remove fault ${id}; it does not exist or has ended`)
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
