/** Tokens in a full block. A block keeps its keys as one string: half the memory of 256 strings. */
const BLOCK = 256
const SEPARATOR = '\u0000'

interface Block {
  first: string
  keys: string[] | string
  lengths: number[] | Uint32Array
  /** Sum of `lengths`. */
  units: number
}

/**
 * The tokens at the end of a joined text, in order: each one's key and length in UTF-16 code units. It finds a token's
 * place, since a moderator may edit or delete any token at any time.
 */
export class Tokens {
  readonly #blocks: Block[]

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
    if (!block || typeof block.keys === 'string')
      this.#blocks.push((block = { first: key, keys: [], lengths: [], units: 0 }))
    ;(block.keys as string[]).push(key)
    ;(block.lengths as number[]).push(length)
    block.units += length
    if (block.lengths.length < BLOCK) return
    block.keys = (block.keys as string[]).join(SEPARATOR)
    block.lengths = Uint32Array.from(block.lengths)
  }

  /** Adds the tokens of the text that follows. */
  join(later: Tokens): void {
    for (const block of later.#blocks) {
      const keys = keysOf(block)
      if (keys.length < BLOCK) for (const [i, key] of keys.entries()) this.add(key, block.lengths[i]!)
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
        const units = block.lengths[i]!
        if (one === key) length = units
        else (one < key ? before : after).add(one, units)
      }
    after.#blocks.push(...blocks.slice(index + 1))
    return { before, length, after, rest: after.#blocks.reduce((sum, { units }) => sum + units, 0) }
  }
}

function keysOf({ keys }: Block): string[] {
  return typeof keys === 'string' ? keys.split(SEPARATOR) : keys
}
