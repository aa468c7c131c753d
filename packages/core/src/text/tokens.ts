/** Tokens in a full block, which is packed. */
const BLOCK = 256
const SEPARATOR = '\u0000'
/** A code unit from here on has six bits of a number, and more of it follow. */
const MORE = 0xc0
/** Numbers of 30 bits are packed: milliseconds of twelve days. */
const MAX_STEP = 0x3fffffff

/** Serials are long and differ little: packed, as what differs. */
interface Block {
  /** Key of the oldest. */
  readonly first: string
  /** What differs; undefined if that is a number of as many digits in each. */
  readonly rest: string | undefined
  /**
   * As `write` packs them: in how many code units all keys are alike at their beginning, and at their end; then the
   * length of each, after by how much its number is more than the one before, if it has one.
   */
  readonly numbers: string
  readonly before: Block | undefined
}

type Token = readonly [key: string, length: number]

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
    return this.#last && unpack(this.#last).at(-1)![0]
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
    if (!this.#open) return
    const { keys, lengths, count } = this.#open
    // One that has room for more is full, or was never full.
    if (keys.length > count) keys.length = lengths.length = count
    this.#last = pack(keys, lengths, this.#last)
    this.#open = undefined
  }

  /** Adds the tokens of the text that follows. */
  join(later: Tokens): void {
    later.pack()
    for (const block of blocksTo(later.#last))
      for (const [key, length] of unpack(block)) this.add(key, length)
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
    const before = new Tokens(blocks[index]?.before)
    const after = new Tokens()
    let length: number | undefined
    let rest = 0
    for (const block of blocks.slice(index))
      for (const [one, units] of unpack(block)) {
        if (one === key) length = units
        else (one < key ? before : after).add(one, units)
        if (one > key) rest += units
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

function opened(room: number): Open {
  const keys: string[] = []
  const lengths: number[] = []
  keys.length = lengths.length = room
  return { keys, lengths, count: 0 }
}

/** Packs tokens that are in order. Loops, because every token passes here: closures cost as much as all the rest. */
export function pack(keys: readonly string[], lengths: readonly number[], before?: Block): Block {
  const first = keys[0]!
  const last = keys.at(-1)!
  let start = 0
  while (start < first.length && first.charCodeAt(start) === last.charCodeAt(start)) start++
  let tail = first.slice(start)
  for (const key of keys) while (key.length < start + tail.length || !key.endsWith(tail)) tail = tail.slice(1)
  const end = tail.length
  const steps = stepsOf(keys, start, first.length - end)
  const rest = steps ? undefined : keys.map((key) => key.slice(start, key.length - end)).join(SEPARATOR)
  const units: number[] = []
  write(start, units)
  write(end, units)
  for (let i = 0; i < keys.length; i++) {
    if (steps) write(steps[i]!, units)
    write(lengths[i]!, units)
  }
  return { first, rest, numbers: String.fromCharCode(...units), before }
}

/** As one code unit if it is small, otherwise lowest bits first: V8 keeps a string in bytes while each unit fits in one. */
function write(number: number, units: number[]): void {
  let left = number
  for (; left >= MORE; left >>>= 6) units.push(MORE | (left & 0x3f))
  units.push(left)
}

function read(units: string): number[] {
  const numbers: number[] = []
  let number = 0
  let shift = 0
  for (let i = 0; i < units.length; i++) {
    const unit = units.charCodeAt(i)
    if (unit >= MORE) {
      number |= (unit & 0x3f) << shift
      shift += 6
    } else {
      numbers.push(number | (unit << shift))
      number = shift = 0
    }
  }
  return numbers
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
    if (step > MAX_STEP) return undefined
    steps.push(step)
    before = number
  }
  return steps
}

export function unpack({ first, rest, numbers }: Block): Token[] {
  const [start, end, ...known] = read(numbers) as [number, number, ...number[]]
  const to = first.length - end
  const head = first.slice(0, start)
  const tail = first.slice(to)
  if (rest !== undefined) return rest.split(SEPARATOR).map((one, i): Token => [head + one + tail, known[i]!])
  const tokens: Token[] = []
  let at = Number(first.slice(start, to))
  for (let i = 0; i < known.length; i += 2) {
    at += known[i]!
    tokens.push([head + String(at).padStart(to - start, '0') + tail, known[i + 1]!])
  }
  return tokens
}
