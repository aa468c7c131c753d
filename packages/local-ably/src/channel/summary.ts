import { AblyError } from '../wire/errors.ts'
import { AnnotationAction, type WireAnnotation } from '../wire/protocol.ts'

type Method = 'total' | 'flag' | 'distinct' | 'unique' | 'multiple'
const methods: ReadonlySet<string> = new Set(['total', 'flag', 'distinct', 'unique', 'multiple'])

/** The most client ids in one summary entry; beyond that, the entry says `clipped: true`. */
const shownClients = 1000

/** The `method` of a type `namespace:method.version`. Types without a known method are relayed, not summarised. */
export function methodOf(type: string): Method | undefined {
  const match = /:(\w+)\.v1$/.exec(type)
  return match && methods.has(match[1]!) ? (match[1] as Method) : undefined
}

/** The running summary of one type: names to clients to counts; '' stands for no name. */
interface Tally {
  method: Method
  total: number
  names: Map<string, { clients: Map<string, number>; unidentified: number }>
}

/** The running summaries of one message's annotations, by type. */
export class SummaryState {
  readonly #tallies = new Map<string, Tally>()

  /** Applies one annotation. Returns whether the summary changed. */
  apply(annotation: WireAnnotation): boolean {
    const type = annotation.type ?? ''
    const method = methodOf(type)
    if (!method) return false
    let tally = this.#tallies.get(type)
    if (!tally) this.#tallies.set(type, (tally = { method, total: 0, names: new Map() }))
    const { clientId } = annotation
    const name = method === 'flag' || method === 'total' ? '' : (annotation.name ?? '')
    const created = annotation.action !== AnnotationAction.delete
    if (method === 'total') {
      tally.total = Math.max(0, tally.total + (created ? 1 : -1))
      return true
    }
    if (created && method === 'unique') this.#removeClient(tally, clientId!, name)
    if (created) add(tally, name, clientId, method === 'multiple' ? (annotation.count ?? 1) : 1, method)
    else remove(tally, name, clientId)
    return true
  }

  #removeClient(tally: Tally, clientId: string, except: string): void {
    for (const name of tally.names.keys()) if (name !== except) remove(tally, name, clientId)
  }

  /** The summary as `message.annotations.summary` carries it. */
  toWire(): Record<string, unknown> {
    const summary: Record<string, unknown> = {}
    for (const [type, tally] of this.#tallies) summary[type] = tallyToWire(tally)
    return summary
  }
}

function add(tally: Tally, name: string, clientId: string | undefined, count: number, method: Method): void {
  let entry = tally.names.get(name)
  if (!entry) tally.names.set(name, (entry = { clients: new Map(), unidentified: 0 }))
  if (clientId === undefined) entry.unidentified += count
  else entry.clients.set(clientId, method === 'multiple' ? (entry.clients.get(clientId) ?? 0) + count : 1)
}

function remove(tally: Tally, name: string, clientId: string | undefined): void {
  const entry = tally.names.get(name)
  if (!entry || clientId === undefined) return
  entry.clients.delete(clientId)
  if (entry.clients.size === 0 && entry.unidentified === 0) tally.names.delete(name)
}

function tallyToWire(tally: Tally): unknown {
  if (tally.method === 'total') return { total: tally.total }
  if (tally.method === 'flag') return listToWire(tally.names.get('')?.clients ?? new Map())
  const named: Record<string, unknown> = {}
  for (const [name, { clients, unidentified }] of tally.names) {
    named[name] = tally.method === 'multiple' ? countsToWire(clients, unidentified) : listToWire(clients)
  }
  return named
}

const listToWire = (clients: Map<string, number>): object => ({
  total: clients.size,
  clientIds: [...clients.keys()].slice(0, shownClients),
  clipped: clients.size > shownClients,
})

function countsToWire(clients: Map<string, number>, unidentified: number): object {
  let total = unidentified
  for (const count of clients.values()) total += count
  return {
    total,
    clientIds: Object.fromEntries([...clients].slice(0, shownClients)),
    totalUnidentified: unidentified,
    totalClientIds: clients.size,
    clipped: clients.size > shownClients,
  }
}

/** Refuses an annotation that its type cannot count. */
export function checkAnnotation(annotation: WireAnnotation): void {
  if (!annotation.type) throw new AblyError(40003, 400, 'unable to annotate; the annotation needs a type')
  const method = methodOf(annotation.type)
  if (!method) return
  if (
    (method === 'flag' || method === 'distinct' || method === 'unique') &&
    annotation.clientId === undefined
  ) {
    throw new AblyError(40012, 400, `unable to annotate; ${annotation.type} needs an identified client`)
  }
}
