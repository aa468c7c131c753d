/** Tokens in a full block, which is packed. */
const BLOCK = 256
const SEPARATOR = '\u0000'

/** Serials are long and differ little: packed, as one string of what differs. */
interface PackedKeys {
  readonly first: string
  /** All keys are alike in so many code units at their beginning, and at their end. */
  readonly start: number
  readonly end: number
  /** What differs. If that is a number of as many digits in each: by how much each is more than the one before. */
  readonly rest: string
  readonly isNumber: boolean
}

interface Block extends PackedKeys {
  /** As one string, each a code unit; apart where one of them is too long for that. */
  readonly lengths: string | readonly number[]
  /** Sum of `lengths`. */
  readonly units: number
  readonly before: Block | undefined
}

/** The newest tokens, which are not packed: `count` of each. */
interface Open {
  readonly keys: string[]
  readonly lengths: number[]
  count: number
}

/**
 * The tokens at the end of a joined text, in order: each one's key and length in UTF-16 code units. It finds a token's
 * place, since a moderator may edit or delete any token at any time.
 */
export class Tokens {
  /** The newest block. Each knows the one before it: most texts have one, and a list of one takes as much as it does. */
  #last: Block | undefined
  #open: Open | undefined

  constructor(last?: Block) {
    this.#last = last
  }

  static of(key: string, length: number): Tokens {
    const tokens = new Tokens()
    tokens.add(key, length)
    return tokens
  }

  /** Key of the oldest; undefined when there are none. */
  get first(): string | undefined {
    return blocksTo(this.#last)[0]?.first ?? this.#open?.keys[0]
  }

  /** Key of the newest; undefined when there are none. */
  get last(): string | undefined {
    const open = this.#open
    if (open) return open.keys[open.count - 1]
    return this.#last && unpackKeys(this.#last).at(-1)
  }

  /** Adds the newest token. */
  add(key: string, length: number): void {
    // A text that has filled a block will fill others: room is made at once.
    const open = (this.#open ??= opened(this.#last ? BLOCK : 0))
    const at = open.count++
    open.keys[at] = key
    open.lengths[at] = length
    if (open.count >= BLOCK) this.pack()
  }

  /** Call when no more tokens are expected. */
  pack(): void {
    if (this.#open) this.#last = pack(this.#open, this.#last)
    this.#open = undefined
  }

  /** Adds the tokens of the text that follows. */
  join(later: Tokens): void {
    for (const block of blocksTo(later.#last))
      if (block.lengths.length < BLOCK) addAll(this, block)
      else {
        this.pack()
        this.#last = { ...block, before: this.#last }
      }
    const { keys, lengths, count } = later.#open ?? nothing
    for (let i = 0; i < count; i++) this.add(keys[i]!, lengths[i]!)
  }

  /**
   * Splits the text at `key`: the tokens before it, the length of the token itself (undefined if there is none), the
   * tokens after it, and their length.
   */
  part(key: string): { before: Tokens; length: number | undefined; after: Tokens; rest: number } {
    this.pack()
    const blocks = blocksTo(this.#last)
    const index = Math.max(
      0,
      blocks.findLastIndex(({ first }) => first <= key),
    )
    const block = blocks[index]
    const before = new Tokens(block?.before)
    const after = new Tokens()
    let length: number | undefined
    let rest = 0
    if (block)
      for (const [i, one] of unpackKeys(block).entries()) {
        const units = lengthAt(block, i)
        if (one === key) length = units
        else (one < key ? before : after).add(one, units)
        if (one > key) rest += units
      }
    for (const later of blocks.slice(index + 1)) {
      after.pack()
      after.#last = { ...later, before: after.#last }
      rest += later.units
    }
    return { before, length, after, rest }
  }
}

/** A block and all before it, oldest first. */
function blocksTo(last: Block | undefined): Block[] {
  const blocks: Block[] = []
  for (let block = last; block; block = block.before) blocks.push(block)
  return blocks.reverse()
}

function addAll(tokens: Tokens, block: Block): void {
  for (const [i, key] of unpackKeys(block).entries()) tokens.add(key, lengthAt(block, i))
}

const nothing: Open = { keys: [], lengths: [], count: 0 }

function opened(room: number): Open {
  const keys: string[] = []
  const lengths: number[] = []
  keys.length = lengths.length = room
  return { keys, lengths, count: 0 }
}

function pack({ keys, lengths, count }: Open, before: Block | undefined): Block {
  // One that has room for more is full, or was never full.
  if (keys.length > count) keys.length = lengths.length = count
  const { first, start, end, rest, isNumber } = packKeys(keys)
  let units = 0
  let most = 0
  for (const length of lengths) {
    units += length
    if (length > most) most = length
  }
  const packed = most <= 0xffff ? String.fromCharCode(...lengths) : lengths
  return { first, start, end, rest, isNumber, lengths: packed, units, before }
}

const lengthAt = ({ lengths }: Block, index: number): number =>
  typeof lengths === 'string' ? lengths.charCodeAt(index) : lengths[index]!

/** Packs keys that are in order. Loops, because every token passes here: closures cost as much as all the rest. */
export function packKeys(keys: readonly string[]): PackedKeys {
  const first = keys[0]!
  const last = keys.at(-1)!
  let start = 0
  while (start < first.length && first.charCodeAt(start) === last.charCodeAt(start)) start++
  let tail = first.slice(start)
  for (const key of keys) while (key.length < start + tail.length || !key.endsWith(tail)) tail = tail.slice(1)
  const end = tail.length
  const steps = stepsOf(keys, start, first.length - end)
  const rest = steps
    ? String.fromCharCode(...steps)
    : keys.map((key) => key.slice(start, key.length - end)).join(SEPARATOR)
  return { first, start, end, rest, isNumber: steps !== undefined }
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
