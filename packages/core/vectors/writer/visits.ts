import { textFailures, type WriterOperation, type WriterVector } from './match.ts'

/** A message that a person or a client sends. */
export interface Heard {
  readonly name: string
  readonly clientId: string
  readonly data?: unknown
  /** Default: the vector's call. */
  readonly toolCallId?: string
}

/** A message that a visit must publish. */
export interface Published {
  /** One of these. */
  readonly names: readonly string[]
  /** Headers that it has, among others. */
  readonly headers?: Readonly<Record<string, string>>
  /** Fields of its data, among others. */
  readonly data?: Readonly<Record<string, unknown>>
  /** Fields that its data has, with any value. */
  readonly has?: readonly string[]
  /** Its data's `judged` is the serial of this message heard, counted from 0 over all visits; `null`: it has none. */
  readonly judged?: number | null
}

/** A question that outlives the process that asks it. */
export interface SuspendingVector {
  readonly name: string
  readonly sections: readonly string[]
  readonly call: {
    readonly toolCallId: string
    readonly name: string
    readonly arguments: unknown
    readonly client?: true
  }
  readonly before: readonly string[]
  readonly after: readonly string[]
  readonly visits: readonly { readonly heard: readonly Heard[]; readonly publishes: readonly Published[] }[]
  readonly expect: Pick<WriterVector['expect'], 'status' | 'texts'>
}

const TEXTS = new Set([
  'response',
  'message',
  'reasoning',
  'token',
  'response-complete',
  'reasoning-complete',
])

/** Names of messages that an agent may publish at any time. */
const HINTS = new Set(['prompt-status', 'claim'])

/** What an agent did otherwise than the vector says: its operations in each visit, and the serials of what was heard. */
export function runSuspendingVector(
  { visits, expect }: SuspendingVector,
  operations: readonly (readonly WriterOperation[])[],
  heard: readonly string[],
  checksum: (text: string) => string,
): string[] {
  const failures = visits.flatMap(({ publishes }, i) =>
    visitFailures(publishes, operations[i] ?? [], heard).map((failure) => `visit ${i + 1}: ${failure}`),
  )
  const all = operations.flat()
  failures.push(...textFailures(expect, all, checksum))
  const named = all.flatMap(({ kind, name, headers }) =>
    kind === 'create' && !HINTS.has(name) ? [headers['responseId']] : [],
  )
  if (new Set(named).size > 1) failures.push(`expected one responseId, got ${[...new Set(named)].join(', ')}`)
  const last = all.at(-1)
  const status = last?.name === 'suspend' ? 'suspended' : (last?.headers['status'] ?? 'complete')
  if (status !== expect.status)
    failures.push(`expected status ${expect.status}, got ${JSON.stringify(status)}`)
  return failures
}

function visitFailures(
  publishes: readonly Published[],
  operations: readonly WriterOperation[],
  heard: readonly string[],
): string[] {
  const own = operations.filter(({ name }) => !HINTS.has(name))
  const beside = own.filter(({ name }) => !TEXTS.has(name))
  const fits =
    beside.length === publishes.length && publishes.every((one, i) => isAsPublished(one, beside[i], heard))
  if (!fits)
    return [
      `expected ${JSON.stringify(publishes)}, got ${JSON.stringify(beside.map(({ name, headers, data }) => ({ name, headers, data })))}`,
    ]
  const late = own.slice(own.lastIndexOf(beside.at(-1)!) + 1)
  return late.map(({ kind, name }) => `expected nothing after ${beside.at(-1)?.name}, got ${kind} ${name}`)
}

function isAsPublished(
  { names, headers = {}, data = {}, has = [], judged }: Published,
  operation: WriterOperation | undefined,
  heard: readonly string[],
): boolean {
  if (operation?.kind !== 'create' || !names.includes(operation.name)) return false
  const given = objectOf(operation.data)
  if (judged !== undefined && given['judged'] !== (judged === null ? undefined : heard[judged])) return false
  return (
    Object.entries(headers).every(([key, value]) => operation.headers[key] === value) &&
    Object.entries(data).every(([key, value]) => isSame(given[key], value)) &&
    has.every((key) => given[key] !== undefined)
  )
}

/** A message's data as an object, however it travelled. */
function objectOf(data: unknown): Record<string, unknown> {
  const value: unknown = typeof data === 'string' ? JSON.parse(data) : data
  return (value ?? {}) as Record<string, unknown>
}

function isSame(one: unknown, other: unknown): boolean {
  if (typeof one !== 'object' || typeof other !== 'object' || !one || !other) return one === other
  const keys = new Set([...Object.keys(one), ...Object.keys(other)])
  return [...keys].every((key) =>
    isSame((one as Record<string, unknown>)[key], (other as Record<string, unknown>)[key]),
  )
}
