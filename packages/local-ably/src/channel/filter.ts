import { compile, TreeInterpreter, type JSONValue } from '@jmespath-community/jmespath'
import { isRecord } from '../wire/codec.ts'
import { badRequest } from '../wire/errors.ts'
import type { WireMessage } from '../wire/protocol.ts'

/** Whether a message passes a channel's filter. */
export type Filter = (message: WireMessage) => boolean

/** The most characters of an expression. */
const longest = 1000

/**
 * Functions whose results are no larger than their arguments. With only these, and without lists and objects built by
 * the expression, a filter costs at most its length times the size of a message. The number of arguments is checked here:
 * the interpreter would find it wrong only when a message comes.
 */
const functions = new Map<string, number>([
  ...'abs avg ceil floor keys length lower max min sum to_number type upper values'
    .split(' ')
    .map((name) => [name, 1] as const),
  ...['contains', 'ends_with', 'starts_with'].map((name) => [name, 2] as const),
  ['not_null', Infinity],
])
const refused = new Set([
  'MultiSelectList',
  'MultiSelectHash',
  'LetExpression',
  'Variable',
  'Root',
  'ExpressionReference',
])

/** The filter in a channel's name, a JMESPath expression: `[filter=<base64>]chat`, as `channels.getDerived()` makes it. */
export function filterOf(channelName: string): Filter | undefined {
  const encoded = /^\[filter=([^?\]]*)/.exec(channelName)?.[1]
  if (encoded === undefined) return undefined
  const text = Buffer.from(encoded, 'base64').toString()
  const expression = parse(text)
  return (message) => {
    try {
      return isTrue(TreeInterpreter.search(expression, subjectOf(message)))
    } catch {
      // A function got a value of the wrong type, so the filter is not about this message.
      return false
    }
  }
}

function parse(text: string): ReturnType<typeof compile> {
  const fail = (reason: string): never => {
    throw badRequest(`unable to filter by ${JSON.stringify(text.slice(0, longest))}; ${reason}`)
  }
  if (text.length > longest) return fail(`an expression has at most ${longest} characters`)
  let expression: ReturnType<typeof compile>
  try {
    expression = compile(text)
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error))
  }
  const problem = problemOf(expression)
  return problem === undefined ? expression : fail(`${problem} cannot be used in a filter`)
}

function problemOf(node: unknown): string | undefined {
  if (Array.isArray(node)) return node.map(problemOf).find((problem) => problem !== undefined)
  if (!isRecord(node) || node.type === 'Literal') return undefined
  if (typeof node.type === 'string' && refused.has(node.type)) return node.type
  if (node.type === 'Function') {
    const name = String(node.name)
    const wanted = functions.get(name)
    if (wanted === undefined) return `the function ${name}`
    const { length } = node.children as unknown[]
    if (wanted === Infinity ? length === 0 : length !== wanted) return `${name} with ${length} arguments`
  }
  return problemOf(Object.values(node))
}

/** The fields of a message that a filter can use. */
function subjectOf(message: WireMessage): JSONValue {
  const { id, name, clientId, connectionId, encoding, timestamp, extras } = message
  return bare({
    id,
    name,
    clientId,
    connectionId,
    encoding,
    timestamp,
    extras,
    headers: extras?.headers,
  }) as JSONValue
}

// The interpreter also reads inherited properties, so these objects inherit none.
function bare(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(bare)
  if (!isRecord(value)) return value ?? null
  const copy: Record<string, unknown> = Object.create(null) as Record<string, unknown>
  for (const [key, inner] of Object.entries(value)) copy[key] = bare(inner)
  return copy
}

/** JMESPath's truth: null and empty values are false. */
function isTrue(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false
  if (Array.isArray(value)) return value.length > 0
  return !isRecord(value) || Object.keys(value).length > 0
}
