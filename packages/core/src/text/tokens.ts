/** Tokens in a full block, which is packed. */
const BLOCK = 256
const SEPARATOR = '\u0000'

interface Block {
  first: string
  /** Serials are long and differ little: packed, as one string of what differs. */
  keys: string[] | PackedKeys
  /** Packed, as one string: each length is a code unit. */
  lengths: number[] | string
  /** Sum of `lengths`. */
  units: number
}

interface PackedKeys {
  /** What all keys begin and end with. */
  start: string
  end: string
  rest: string
  /** If they differ by a number of so many digits: what it begins with. `rest` is by how much each is more than the last. */
  number?: { digits: number; first: number } | undefined
}

/**
 * The tokens at the end of a joined text, in order: each one's key and length in UTF-16 code units. It finds a token's
 * place, since a moderator may edit or delete any token at any time.
 */
export class Tokens {
  #blocks: Block[]

  constructor(blocks: Block[] = []) {
    this.#blocks = blocks
  }

  static of(key: string, length: number): Tokens {
    const tokens = new Tokens()
    tokens.add(key, length)
    return tokens
  }

  /** Key of the oldest; undefined when there are none. */
  get first(): string | undefined {
    return this.#blocks[0]?.first
  }

  /** Key of the newest; undefined when there are none. */
  get last(): string | undefined {
    const block = this.#blocks.at(-1)
    return block && keysOf(block).at(-1)
  }

  /** Adds the newest token. */
  add(key: string, length: number): void {
    let block = this.#blocks.at(-1)
    if (!block || !Array.isArray(block.keys))
      this.#blocks.push((block = { first: key, keys: [], lengths: [], units: 0 }))
    ;(block.keys as string[]).push(key)
    ;(block.lengths as number[]).push(length)
    block.units += length
    if (block.lengths.length >= BLOCK) pack(block)
  }

  /** Call when no more tokens are expected. */
  pack(): void {
    // As long as it is, without room for more.
    this.#blocks = this.#blocks.slice()
    const block = this.#blocks.at(-1)
    if (block) pack(block)
  }

  /** Adds the tokens of the text that follows. */
  join(later: Tokens): void {
    for (const block of later.#blocks) {
      const keys = keysOf(block)
      if (keys.length < BLOCK) for (const [i, key] of keys.entries()) this.add(key, lengthAt(block, i))
      else this.#blocks.push(block)
    }
  }

  /**
   * Splits the text at `key`: the tokens before it, the length of the token itself (undefined if there is none), the
   * tokens after it, and their length.
   */
  part(key: string): { before: Tokens; length: number | undefined; after: Tokens; rest: number } {
    const blocks = this.#blocks
    const index = blocks.findLastIndex(({ first }) => first <= key)
    const before = new Tokens(blocks.slice(0, Math.max(index, 0)))
    const after = new Tokens()
    let length: number | undefined
    const block = blocks[index]
    if (block)
      for (const [i, one] of keysOf(block).entries()) {
        const units = lengthAt(block, i)
        if (one === key) length = units
        else (one < key ? before : after).add(one, units)
      }
    after.#blocks.push(...blocks.slice(index + 1))
    return { before, length, after, rest: after.#blocks.reduce((sum, { units }) => sum + units, 0) }
  }
}

export function packKeys(keys: readonly string[]): PackedKeys {
  const [first = ''] = keys
  let start = first
  for (const key of keys) while (!key.startsWith(start)) start = start.slice(0, -1)
  let end = first.slice(start.length)
  for (const key of keys)
    while (key.length < start.length + end.length || !key.endsWith(end)) end = end.slice(1)
  const parts = keys.map((key) => key.slice(start.length, key.length - end.length))
  const steps = stepsOf(parts)
  const number = steps && { digits: parts[0]!.length, first: Number(parts[0]) }
  const rest = steps ? String.fromCharCode(...steps) : parts.join(SEPARATOR)
  return { start, end, rest, number }
}

/** By how much each number is more than the one before; `undefined` if they are not all numbers of as many digits. */
function stepsOf(parts: readonly string[]): number[] | undefined {
  const { length } = parts[0] ?? ''
  if (length > 15 || !parts.every((part) => part.length === length && isDigits(part))) return undefined
  let before = Number(parts[0])
  const steps = parts.map((part) => -before + (before = Number(part)))
  return steps.every((step) => step >= 0 && step <= 0xffff) ? steps : undefined
}

/** A loop, because every token passes here: a regular expression costs as much as all the rest. */
function isDigits(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code < 48 || code > 57) return false
  }
  return text.length > 0
}

export function unpackKeys({ start, end, rest, number }: PackedKeys): string[] {
  if (!number) return rest.split(SEPARATOR).map((one) => start + one + end)
  let at = number.first
  const next = (step: string): string => String((at += step.charCodeAt(0))).padStart(number.digits, '0')
  return rest.split('').map((step) => start + next(step) + end)
}

const keysOf = ({ keys }: Block): readonly string[] => (Array.isArray(keys) ? keys : unpackKeys(keys))

function pack(block: Block): void {
  const { keys, lengths } = block
  if (Array.isArray(keys)) block.keys = packKeys(keys)
  if (typeof lengths !== 'string' && lengths.every((length) => length <= 0xffff))
    block.lengths = String.fromCharCode(...lengths)
}

const lengthAt = ({ lengths }: Block, index: number): number =>
  typeof lengths === 'string' ? lengths.charCodeAt(index) : lengths[index]!
