/** Tokens in a full block, which is packed. */
const BLOCK = 256
const SEPARATOR = '\u0000'

interface Block {
  /** Serials are long and differ little: packed, as one string of what differs. */
  keys: string[] | PackedKeys
  /** Packed, as one string: each length is a code unit. */
  lengths: number[] | string
  /** Sum of `lengths`. */
  units: number
}

interface PackedKeys {
  first: string
  /** All keys are alike in so many code units at their beginning, and at their end. */
  start: number
  end: number
  /** What differs. If that is a number of as many digits in each: by how much each is more than the one before. */
  rest: string
  isNumber: boolean
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
    const block = this.#blocks[0]
    return block && firstOf(block)
  }

  /** Key of the newest; undefined when there are none. */
  get last(): string | undefined {
    const block = this.#blocks.at(-1)
    return block && keysOf(block).at(-1)
  }

  /** Adds the newest token. */
  add(key: string, length: number): void {
    let block = this.#blocks.at(-1)
    if (!block || !Array.isArray(block.keys)) this.#blocks.push((block = { keys: [], lengths: [], units: 0 }))
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
    const index = blocks.findLastIndex((one) => firstOf(one) <= key)
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

/** Packs keys that are in order. Loops, because every token passes here: closures cost as much as all the rest. */
export function packKeys(keys: readonly string[]): PackedKeys {
  const first = keys[0]!
  const last = keys.at(-1)!
  let start = 0
  while (start < first.length && first.charCodeAt(start) === last.charCodeAt(start)) start++
  let end = first.length - start
  for (const key of keys) end = alikeAtEnd(first, key, Math.min(end, key.length - start))
  const steps = stepsOf(keys, start, first.length - end)
  const rest = steps
    ? String.fromCharCode(...steps)
    : keys.map((key) => key.slice(start, key.length - end)).join(SEPARATOR)
  return { first, start, end, rest, isNumber: steps !== undefined }
}

/** In how many code units, at most `most`, two keys are alike at their end. */
function alikeAtEnd(one: string, other: string, most: number): number {
  let alike = 0
  let at = one.length - 1
  let to = other.length - 1
  while (alike < most && one.charCodeAt(at--) === other.charCodeAt(to--)) alike++
  return alike
}

/** By how much the number from `start` to `end` is more than in the key before; `undefined` if it is no such number. */
function stepsOf(keys: readonly string[], start: number, end: number): number[] | undefined {
  if (start === end || end - start > 15) return undefined
  const { length } = keys[0]!
  const steps: number[] = []
  let before: number | undefined
  for (const key of keys) {
    if (key.length !== length) return undefined
    let number = 0
    for (let i = start; i < end; i++) {
      const digit = key.charCodeAt(i) - 48
      if (digit < 0 || digit > 9) return undefined
      number = number * 10 + digit
    }
    const step = number - (before ?? number)
    if (step > 0xffff) return undefined
    steps.push(step)
    before = number
  }
  return steps
}

export function unpackKeys({ first, start, end, rest, isNumber }: PackedKeys): string[] {
  const to = first.length - end
  const head = first.slice(0, start)
  const tail = first.slice(to)
  if (!isNumber) return rest.split(SEPARATOR).map((one) => head + one + tail)
  let at = Number(first.slice(start, to))
  const next = (step: string): string => String((at += step.charCodeAt(0))).padStart(to - start, '0')
  return rest.split('').map((step) => head + next(step) + tail)
}

const keysOf = ({ keys }: Block): readonly string[] => (Array.isArray(keys) ? keys : unpackKeys(keys))

const firstOf = ({ keys }: Block): string => (Array.isArray(keys) ? keys[0]! : keys.first)

function pack(block: Block): void {
  const { keys, lengths } = block
  if (Array.isArray(keys)) block.keys = packKeys(keys)
  if (typeof lengths !== 'string' && Math.max(...lengths) <= 0xffff)
    block.lengths = String.fromCharCode(...lengths)
}

const lengthAt = ({ lengths }: Block, index: number): number =>
  typeof lengths === 'string' ? lengths.charCodeAt(index) : lengths[index]!
