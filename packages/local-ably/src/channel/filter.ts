import { isRecord } from '../wire/codec.ts'
import { badRequest } from '../wire/errors.ts'
import type { WireMessage } from '../wire/protocol.ts'

/** Whether a message passes a channel's filter. */
export type Filter = (message: WireMessage) => boolean

type Expression = (subject: unknown) => unknown

/**
 * The filter in a channel's name: `[filter=<base64>]chat`, as `channels.getDerived()` makes it. It is written in the
 * part of JMESPath that filters need: fields, literals, comparisons, `&&`, `||`, `!`, and a few functions.
 */
export function filterOf(channelName: string): Filter | undefined {
  const encoded = /^\[filter=([^?\]]*)/.exec(channelName)?.[1]
  if (encoded === undefined) return undefined
  const expression = new Parser(Buffer.from(encoded, 'base64').toString()).parse()
  return (message) => isTrue(expression(subjectOf(message)))
}

/** What a filter can ask of a message. */
function subjectOf(message: WireMessage): Record<string, unknown> {
  const { id, name, clientId, connectionId, encoding, timestamp, extras } = message
  return { id, name, clientId, connectionId, encoding, timestamp, extras, headers: extras?.headers }
}

/** As JMESPath has it: nothing, and what is empty, is false. */
function isTrue(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === '') return false
  if (Array.isArray(value)) return value.length > 0
  return !isRecord(value) || Object.keys(value).length > 0
}

const token = /\s*(&&|\|\||[=!<>]=|[<>!().,]|`[^`]*`|'[^']*'|"[^"]*"|[A-Za-z_]\w*)/y

class Parser {
  readonly #text: string
  readonly #tokens: string[] = []
  #at = 0

  constructor(text: string) {
    this.#text = text
    token.lastIndex = 0
    for (let match = token.exec(text); match; match = token.exec(text)) {
      this.#tokens.push(match[1]!)
      if (token.lastIndex === text.length) return
    }
    if (this.#tokens.join('') !== text.replaceAll(/\s/g, '')) this.#fail()
  }

  parse(): Expression {
    const expression = this.#or()
    if (this.#at < this.#tokens.length) this.#fail()
    return expression
  }

  #fail(): never {
    throw badRequest(`unable to filter by ${JSON.stringify(this.#text)}; the expression cannot be read`)
  }

  #take(...wanted: string[]): string | undefined {
    const next = this.#tokens[this.#at]
    if (next === undefined || !wanted.includes(next)) return undefined
    this.#at++
    return next
  }

  #or(): Expression {
    const left = this.#and()
    if (!this.#take('||')) return left
    const right = this.#or()
    return (subject) => (isTrue(left(subject)) ? left(subject) : right(subject))
  }

  #and(): Expression {
    const left = this.#comparison()
    if (!this.#take('&&')) return left
    const right = this.#and()
    return (subject) => (isTrue(left(subject)) ? right(subject) : left(subject))
  }

  #comparison(): Expression {
    const left = this.#not()
    const operator = this.#take('==', '!=', '<=', '>=', '<', '>')
    if (!operator) return left
    const right = this.#not()
    const compare = comparisons[operator]!
    return (subject) => compare(left(subject) ?? null, right(subject) ?? null)
  }

  #not(): Expression {
    if (!this.#take('!')) return this.#path()
    const inner = this.#not()
    return (subject) => !isTrue(inner(subject))
  }

  #path(): Expression {
    let value = this.#value()
    while (this.#take('.')) {
      const outer = value
      const field = this.#field()
      value = (subject) => fieldOf(outer(subject), field)
    }
    return value
  }

  #value(): Expression {
    if (this.#take('(')) {
      const inner = this.#or()
      if (!this.#take(')')) this.#fail()
      return inner
    }
    const next = this.#tokens[this.#at] ?? this.#fail()
    if (next.startsWith('`')) return this.#literal()
    if (next.startsWith("'")) {
      this.#at++
      return () => next.slice(1, -1)
    }
    const field = this.#field()
    if (!this.#take('(')) return (subject) => fieldOf(subject, field)
    return this.#call(field)
  }

  #literal(): Expression {
    const text = this.#tokens[this.#at++]!.slice(1, -1)
    try {
      const value: unknown = JSON.parse(text)
      return () => value
    } catch {
      return this.#fail()
    }
  }

  #call(name: string): Expression {
    const apply = functions[name] ?? this.#fail()
    const parts: Expression[] = []
    while (!this.#take(')')) {
      if (parts.length > 0 && !this.#take(',')) this.#fail()
      parts.push(this.#or())
    }
    return (subject) => apply(...parts.map((part) => part(subject)))
  }

  #field(): string {
    const next = this.#tokens[this.#at++]
    if (next === undefined || !/^["\w]/.test(next)) this.#fail()
    return next.startsWith('"') ? next.slice(1, -1) : next
  }
}

const fieldOf = (value: unknown, field: string): unknown =>
  isRecord(value) && Object.hasOwn(value, field) ? value[field] : undefined

const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b)
const ordered =
  (holds: (a: number, b: number) => boolean) =>
  (a: unknown, b: unknown): boolean =>
    typeof a === 'number' && typeof b === 'number' && holds(a, b)

const comparisons: Record<string, (a: unknown, b: unknown) => boolean> = {
  '==': same,
  '!=': (a, b) => !same(a, b),
  '<': ordered((a, b) => a < b),
  '<=': ordered((a, b) => a <= b),
  '>': ordered((a, b) => a > b),
  '>=': ordered((a, b) => a >= b),
}

const ofTexts =
  (holds: (a: string, b: string) => boolean) =>
  (a: unknown, b: unknown): boolean =>
    typeof a === 'string' && typeof b === 'string' && holds(a, b)

const functions: Record<string, (...values: unknown[]) => unknown> = {
  contains: (whole, part) =>
    Array.isArray(whole)
      ? whole.some((one) => same(one, part))
      : ofTexts((a, b) => a.includes(b))(whole, part),
  starts_with: ofTexts((a, b) => a.startsWith(b)),
  ends_with: ofTexts((a, b) => a.endsWith(b)),
}
