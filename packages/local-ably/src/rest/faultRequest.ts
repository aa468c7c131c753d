import { RE2JS } from 're2js'
import type { Faults } from '../faults/faults.ts'
import { points, type Match, type Matcher } from '../faults/rules.ts'
import { isRecord } from '../wire/codec.ts'
import { badRequest } from '../wire/errors.ts'

/** A validated fault from an HTTP request. */
export interface FaultRequest {
  verb: Exclude<keyof Faults, 'clear'>
  options: Record<string, unknown>
}

type Read = (value: unknown, field: string) => unknown

const day = 86_400_000
const when = { nth: whole(1), every: whole(1), times: whole(1), after: whole(0) }
const deliveries = { match: readMatch, on: oneOf('delivery', 'ack'), ...when }
const channels = { match: readMatch, error: readError }

/** The fields of each verb. `!` marks a required field. */
const verbs: Record<FaultRequest['verb'], Record<string, Read>> = {
  refuse: {
    match: readMatch,
    on: oneOf(...points.filter((point) => point !== 'ack' && point !== 'delivery')),
    error: readError,
    ...when,
  },
  delay: { ...deliveries, 'ms!': whole(0, day), jitter: whole(0, day) },
  hold: { match: readMatch, ...when },
  lose: deliveries,
  duplicate: { ...deliveries, copies: whole(1, 100) },
  reorder: deliveries,
  freeze: { match: readMatch, ms: whole(0, day) },
  drop: { match: readMatch, error: readError, refuseFor: whole(0, day), forget: isBoolean },
  forget: { channel: readMatcher, app: readMatcher, connection: readConnection },
  discontinue: { ...channels, forget: isBoolean },
  attached: channels,
  detach: channels,
  fail: channels,
  failConnection: channels,
  expireToken: { match: readMatch },
  requestReauth: { match: readMatch },
  restart: { memory: isBoolean, downFor: whole(0, day) },
}

const matchFields = new Set<string>([
  'app',
  'channel',
  'clientId',
  'connectionId',
  'name',
  'action',
  'data',
  'method',
  'path',
] satisfies (keyof Match)[])

/** Validates a request for a fault. The error names the wrong field. */
export function readFaultRequest(body: Record<string, unknown>): FaultRequest {
  const { verb, ...given } = body
  if (typeof verb !== 'string' || !Object.hasOwn(verbs, verb)) {
    throw badRequest(`unable to start the fault; verb must be one of ${Object.keys(verbs).join(', ')}`)
  }
  const fields = verbs[verb as FaultRequest['verb']]
  for (const field of Object.keys(given)) {
    if (!Object.hasOwn(fields, field) && !Object.hasOwn(fields, `${field}!`))
      refuse(field, `unknown for ${verb}`)
  }
  const options: Record<string, unknown> = {}
  for (const [name, read] of Object.entries(fields)) {
    const field = name.replace('!', '')
    const value = given[field]
    if (value !== undefined && value !== null) options[field] = read(value, field)
    else if (name.endsWith('!')) refuse(field, 'missing')
  }
  if (verb === 'forget' && Object.keys(options).length === 0)
    refuse('channel', 'missing, and so is connection')
  return { verb: verb as FaultRequest['verb'], options }
}

function refuse(field: string, problem: string): never {
  throw badRequest(`unable to start the fault; ${field} is ${problem}`)
}

function whole(least: number, most = Number.MAX_SAFE_INTEGER): Read {
  return (value, field) => {
    if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value
    return refuse(field, `${JSON.stringify(value)}, but must be a whole number from ${least} to ${most}`)
  }
}

function oneOf(...allowed: string[]): Read {
  return (value, field) => {
    if (typeof value === 'string' && allowed.includes(value)) return value
    return refuse(field, `${JSON.stringify(value)}, but must be one of ${allowed.join(', ')}`)
  }
}

function isBoolean(value: unknown, field: string): unknown {
  return typeof value === 'boolean' ? value : refuse(field, 'not true or false')
}

function readConnection(value: unknown, field: string): unknown {
  return value === true ? value : readMatch(value, field)
}

function readError(value: unknown, field: string): unknown {
  const isCode = (code: unknown) =>
    Number.isInteger(code) && (code as number) >= 10_000 && (code as number) < 110_000
  if (isCode(value)) return value
  if (!isRecord(value) || !isCode(value.code))
    return refuse(field, 'neither a code such as 42911 nor an object with a code')
  const { statusCode, message } = value
  if (statusCode !== undefined) whole(400, 599)(statusCode, `${field}.statusCode`)
  if (message !== undefined && typeof message !== 'string') refuse(`${field}.message`, 'not a string')
  return value
}

function readMatch(value: unknown, field: string): Match {
  if (!isRecord(value)) return refuse(field, 'not an object')
  const match: Record<string, Matcher> = {}
  for (const [key, wanted] of Object.entries(value)) {
    if (!matchFields.has(key)) refuse(`${field}.${key}`, `unknown; use ${[...matchFields].join(', ')}`)
    match[key] = readMatcher(wanted, `${field}.${key}`)
  }
  return match
}

/** Reads a matcher. A string such as `"/token/i"` is a pattern, matched in linear time by RE2. */
function readMatcher(value: unknown, field: string): Matcher {
  if (typeof value !== 'string' || value.length > 1000)
    return refuse(field, 'not a string of at most 1000 characters')
  const written = /^\/(.+)\/([a-z]*)$/s.exec(value)
  if (!written) return value
  const flags = written[2]!
    .split('')
    .reduce(
      (all, flag) => all | (patternFlags[flag] ?? refuse(field, `a pattern with the unknown flag ${flag}`)),
      0,
    )
  try {
    const pattern = RE2JS.compile(RE2JS.translateRegExp(written[1]!), flags)
    return (text) => pattern.test(text)
  } catch (error) {
    return refuse(
      field,
      `not a pattern that RE2 can read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

const patternFlags: Record<string, number> = {
  i: RE2JS.CASE_INSENSITIVE,
  m: RE2JS.MULTILINE,
  s: RE2JS.DOTALL,
  // These do not change whether a text matches.
  g: 0,
  u: 0,
  v: 0,
}
