import { MAX_DEPTH } from './depth.ts'

/** A new copy of the value may cost at most this many steps for each character since the last copy. */
const STEPS = 8
const SMALL = 256

type Container = unknown[] | Record<string, unknown>

interface Frame {
  readonly container: Container
  /** Key of the value that is being read, in an object. */
  key: string
  size: number
}

type Expected = 'value' | 'value or end' | 'key' | 'key or end' | 'colon' | 'comma or end' | 'nothing'

const WORD = /[^\s,\]}:[{"]*/y
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
// oxlint-disable-next-line no-control-regex -- JSON strings hold none of them
const PLAIN = /[^"\\\u0000-\u001f]*/y
const ESCAPES: Record<string, string> = { b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' }

/**
 * Parses JSON text as it streams, as arguments of a tool call do: each character once, whatever the length of the
 * text. `value` is as much as is certain: a string that is cut keeps what has come of it; a cut key, number or
 * literal is left out.
 */
export class PartialJson {
  /** Why there is no value, if there will be none. */
  error: 'invalid' | 'too deep' | undefined
  #expected: Expected = 'value'
  readonly #frames: Frame[] = []
  /** The string or word that has begun. */
  #text = ''
  #reading: 'string' | 'word' | undefined
  /** An escape sequence that was cut. */
  #escape = ''
  #root: { value: unknown } | undefined
  #shown: unknown
  /** Characters that came since `#shown` was made, and the number of entries that rebuilding it would copy. */
  #fresh = 0
  #entries = 0

  push(text: string): void {
    this.#fresh += text.length
    for (let at = 0; at < text.length && !this.error;) at = this.#read(text, at)
  }

  /** The whole text has come. */
  get complete(): boolean {
    return !this.error && !this.#reading && this.#root !== undefined && this.#frames.length === 0
  }

  /**
   * A beginning of the value; undefined while nothing is certain, or when the text is no JSON. Deeply immutable, and
   * the same object while nothing new is certain. A large value is rebuilt once enough characters have come.
   */
  get value(): unknown {
    if (this.error) return undefined
    if (this.#fresh > 0 && (this.complete || this.#entries <= SMALL + STEPS * this.#fresh)) {
      this.#fresh = 0
      this.#shown = this.#copy()
    }
    return this.#shown
  }

  #copy(): unknown {
    let inner: { value: unknown } | undefined =
      this.#reading === 'string' && !this.#isKey ? { value: this.#text } : undefined
    for (let i = this.#frames.length - 1; i >= 0; i--) {
      const { container, key } = this.#frames[i]!
      if (Array.isArray(container)) inner = { value: inner ? [...container, inner.value] : [...container] }
      else {
        const copy = { ...container }
        if (inner) put(copy, key, inner.value)
        inner = { value: copy }
      }
    }
    return (inner ?? this.#root)?.value
  }

  get #isKey(): boolean {
    return this.#expected === 'key' || this.#expected === 'key or end'
  }

  /** Parses from `at` on. Returns the next position. */
  #read(text: string, at: number): number {
    if (this.#reading === 'string') return this.#readString(text, at)
    if (this.#reading === 'word') return this.#readWord(text, at)
    const c = text[at]!
    if (c === ' ' || c === '\n' || c === '\r' || c === '\t') return at + 1
    if (c === '"') {
      if (this.#expected !== 'nothing' && this.#expected !== 'colon' && this.#expected !== 'comma or end')
        return this.#begin('string', at + 1)
    } else if (c === '{' || c === '[') {
      if (this.#expectsValue) return this.#open(c === '{' ? {} : [], at)
    } else if (c === '}' || c === ']') {
      if (this.#closes(c)) return this.#close(at)
    } else if (c === ':') {
      if (this.#expected === 'colon') return this.#expect('value', at)
    } else if (c === ',') {
      if (this.#expected === 'comma or end')
        return this.#expect(Array.isArray(this.#frames.at(-1)!.container) ? 'value' : 'key', at)
    } else if (this.#expectsValue) return this.#begin('word', at)
    return this.#fail('invalid', at)
  }

  get #expectsValue(): boolean {
    return this.#expected === 'value' || this.#expected === 'value or end'
  }

  #closes(bracket: string): boolean {
    const frame = this.#frames.at(-1)
    if (!frame || Array.isArray(frame.container) !== (bracket === ']')) return false
    return this.#expected.endsWith('or end')
  }

  #begin(reading: 'string' | 'word', at: number): number {
    this.#reading = reading
    this.#text = ''
    return at
  }

  #expect(expected: Expected, at: number): number {
    this.#expected = expected
    return at + 1
  }

  #fail(error: 'invalid' | 'too deep', at: number): number {
    this.error = error
    return at
  }

  #open(container: Container, at: number): number {
    if (this.#frames.length === MAX_DEPTH) return this.#fail('too deep', at)
    this.#frames.push({ container, key: '', size: 0 })
    return this.#expect(Array.isArray(container) ? 'value or end' : 'key or end', at)
  }

  #close(at: number): number {
    const { container, size } = this.#frames.pop()!
    this.#entries -= size
    this.#add(container)
    return at + 1
  }

  /** A value is whole: it goes into its container. */
  #add(value: unknown): void {
    const frame = this.#frames.at(-1)
    this.#expected = frame ? 'comma or end' : 'nothing'
    if (!frame) {
      this.#root = { value }
      return
    }
    frame.size++
    this.#entries++
    if (Array.isArray(frame.container)) frame.container.push(value)
    else put(frame.container, frame.key, value)
  }

  #readString(text: string, at: number): number {
    if (this.#escape !== '') return this.#readEscape(text, at)
    PLAIN.lastIndex = at
    const plain = PLAIN.exec(text)![0]
    this.#text += plain
    const next = at + plain.length
    const c = text[next]
    if (c === undefined) return next
    if (c === '\\') {
      this.#escape = c
      return next + 1
    }
    if (c !== '"') return this.#fail('invalid', next)
    this.#reading = undefined
    if (this.#isKey) {
      this.#frames.at(-1)!.key = this.#text
      this.#expected = 'colon'
    } else this.#add(this.#text)
    return next + 1
  }

  #readEscape(text: string, at: number): number {
    const escape = (this.#escape += text[at]!)
    const kind = escape[1]!
    if (kind === 'u') {
      if (escape.length > 2 && !/[\da-f]/i.test(text[at]!)) return this.#fail('invalid', at)
      if (escape.length < 6) return at + 1
      this.#text += String.fromCharCode(Number.parseInt(escape.slice(2), 16))
    } else {
      const said = ESCAPES[kind] ?? ('"\\/'.includes(kind) ? kind : undefined)
      if (said === undefined) return this.#fail('invalid', at)
      this.#text += said
    }
    this.#escape = ''
    return at + 1
  }

  #readWord(text: string, at: number): number {
    WORD.lastIndex = at
    const more = WORD.exec(text)![0]
    this.#text += more
    if (at + more.length === text.length) return text.length
    const word = this.#text
    this.#reading = undefined
    if (word === 'true' || word === 'false') this.#add(word === 'true')
    else if (word === 'null') this.#add(null)
    else if (NUMBER.test(word)) this.#add(Number(word))
    else return this.#fail('invalid', at)
    return at + more.length
  }
}

/** As `JSON.parse` does: `__proto__` is a key like any other. */
function put(object: Record<string, unknown>, key: string, value: unknown): void {
  if (key === '__proto__')
    Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true })
  else object[key] = value
}

/** The value of a JSON text that has ended, or why it has none. `json`: the same text, read already. */
export function readJson(
  text: string,
  json = partialJson(text),
): { value: unknown; error?: undefined } | { value?: undefined; error: 'invalid' | 'too deep' } {
  if (json.complete) return { value: json.value }
  const { error = 'invalid' } = json
  // Only the end of the text ends a bare number or literal.
  try {
    return json.error ? { error } : { value: JSON.parse(text) as unknown }
  } catch {
    return { error }
  }
}

function partialJson(text: string): PartialJson {
  const json = new PartialJson()
  json.push(text)
  return json
}
