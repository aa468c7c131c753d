import { AblyError } from '../wire/errors.ts'

/** Matches a value: an exact string, a pattern or a predicate. Over HTTP, `"/…/"` is a pattern. */
export type Matcher = string | RegExp | ((value: string) => boolean)

/** What a fault applies to. All given fields must match; a missing field matches everything. */
export interface Match {
  app?: Matcher
  channel?: Matcher
  clientId?: Matcher
  connectionId?: Matcher
  /** The name of a message, or of an annotation. */
  name?: Matcher
  /** `create`, `update`, `delete`, `append`, `enter`, `leave`; of frames also `attached`, `message`, `ack`, … */
  action?: Matcher
  /** The payload as text. */
  data?: Matcher
  /** Of a REST request. */
  method?: Matcher
  path?: Matcher
}

/** Which of the matches the fault applies to. Default: all. */
export interface When {
  /** Only the n-th, counted from 1. */
  nth?: number
  /** Every n-th: the n-th, the 2n-th, … */
  every?: number
  /** At most this many. */
  times?: number
  /** Skip the first ones. */
  after?: number
}

/** Something that a fault may apply to. Lists hold the values of a frame's messages; one match is enough. */
export interface Subject {
  app?: string
  channel?: string | undefined
  clientId?: string | undefined
  connectionId?: string | undefined
  names?: string[]
  actions?: string[]
  data?: string[]
  method?: string
  path?: string
}

export type ErrorOption = number | { code: number; statusCode?: number; message?: string }

const values = (subject: Subject, key: keyof Match): (string | undefined)[] =>
  key === 'name'
    ? (subject.names ?? [])
    : key === 'action'
      ? (subject.actions ?? [])
      : key === 'data'
        ? (subject.data ?? [])
        : [subject[key]]

export function matches(match: Match | undefined, subject: Subject): boolean {
  if (!match) return true
  for (const key of Object.keys(match) as (keyof Match)[]) {
    const wanted = match[key]
    if (wanted !== undefined && !values(subject, key).some((value) => meets(wanted, value))) return false
  }
  return true
}

function meets(wanted: Matcher, value: string | undefined): boolean {
  if (value === undefined) return false
  if (typeof wanted === 'function') return wanted(value)
  return typeof wanted === 'string'
    ? wanted === value
    : new RegExp(wanted.source, wanted.flags.replace('g', '')).test(value)
}

/** The places where a rule can act. `upgrade` is the opening of a WebSocket, before any credentials are read. */
export const points = [
  'publish',
  'presence',
  'annotation',
  'attach',
  'connect',
  'upgrade',
  'history',
  'rest',
  'ack',
  'delivery',
] as const

export type Point = (typeof points)[number]

/** What a rule does when it applies. */
export type Effect =
  | { kind: 'refuse'; error: AblyError }
  | { kind: 'delay'; ms: number; jitter: number }
  | { kind: 'hold'; released: Promise<void> }
  | { kind: 'lose' }
  | { kind: 'duplicate'; copies: number }
  | { kind: 'reorder' }

interface Rule {
  on: Point
  match: Match | undefined
  when: When
  effect: Effect
  seen: number
  applied: number
}

/** The active rules. A rule counts its matches and decides by the count whether it applies. */
export class Rules {
  readonly #rules = new Set<Rule>()
  readonly #points = new Map<Point, number>()

  add(on: Point, match: Match | undefined, when: When, effect: Effect): () => void {
    const rule: Rule = { on, match, when, effect, seen: 0, applied: 0 }
    this.#rules.add(rule)
    this.#points.set(on, (this.#points.get(on) ?? 0) + 1)
    return () => {
      if (this.#rules.delete(rule)) this.#points.set(on, this.#points.get(on)! - 1)
    }
  }

  clear(): void {
    this.#rules.clear()
    this.#points.clear()
  }

  /** Whether any rule acts at a point. Check this before building a subject. */
  at(on: Point): boolean {
    return (this.#points.get(on) ?? 0) > 0
  }

  /** The effects on a subject, in the order of the rules' creation. */
  effects(on: Point, subject: Subject): Effect[] {
    const effects: Effect[] = []
    for (const rule of this.#rules) {
      if (rule.on === on && matches(rule.match, subject) && applies(rule)) effects.push(rule.effect)
    }
    return effects
  }

  /** Throws if a rule refuses the subject. */
  check(on: Point, subject: () => Subject): void {
    if (!this.at(on)) return
    for (const effect of this.effects(on, subject())) if (effect.kind === 'refuse') throw effect.error
  }
}

function applies(rule: Rule): boolean {
  const { nth, every, times, after } = rule.when
  const count = ++rule.seen - (after ?? 0)
  if (count <= 0) return false
  if (nth !== undefined && count !== nth) return false
  if (every !== undefined && count % every !== 0) return false
  if (times !== undefined && rule.applied >= times) return false
  rule.applied++
  return true
}

const statusOf = (code: number): number => {
  const status = Math.floor(code / 100)
  return status >= 400 && status < 600 ? status : 400
}

/** Builds an error from a fault's option; a code alone is enough. */
export function toError(option: ErrorOption | undefined, fallback: number): AblyError {
  const { code, statusCode, message }: Exclude<ErrorOption, number> =
    typeof option === 'object' ? option : { code: option ?? fallback }
  return new AblyError(
    code,
    statusCode ?? statusOf(code),
    message ?? messages[code] ?? `refused by a fault (${code})`,
  )
}

const messages: Record<number, string> = {
  40142: 'token expired',
  42911: 'Rate limit exceeded; request rejected (nonfatal); metric = connection.inboundRate',
  42913: 'Rate limit exceeded; request rejected (nonfatal); metric = channel.maxRate',
  50003: 'Service unavailable',
  80003: 'Connection disconnected',
  90003: 'Unable to recover channel (messages expired)',
  90008: 'Unable to get channel history: attach point not found',
}
