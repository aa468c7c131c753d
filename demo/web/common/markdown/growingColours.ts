interface Coloured<Tree> {
  language: string
  code: string
  tree: readonly Tree[]
}

/** What a page shows of code that grows: its beginning in colours, and what came since. */
export interface PartlyColoured<Tree> {
  tree: readonly Tree[]
  rest: string
}

/** More codes than these do not grow at the same time. */
const most = 8

/** Characters of code that are coloured while more may come: colouring more takes a phone longer than a frame. */
const longest = 3000

/**
 * Colours of code. Colouring takes as long as the code is long, so code that grows is coloured again when an eighth has
 * come, what is beyond some length when all of it is there, and code that has not changed never.
 */
export class GrowingColours<Tree> {
  readonly #colour: (language: string, code: string) => readonly Tree[] | undefined
  /** The newest last. */
  readonly #known: Coloured<Tree>[] = []

  /** `colour` gives nothing for a language that it does not know. */
  constructor(colour: (language: string, code: string) => readonly Tree[] | undefined) {
    this.#colour = colour
  }

  of(language: string, code: string, growing: boolean): PartlyColoured<Tree> | undefined {
    const known = this.#beginning(language, code)
    const grown = known ? code.length - known.code.length : Infinity
    const enough = known && (known.code.length >= longest || grown < Math.max(160, known.code.length / 8))
    if (known && (grown === 0 || (growing && enough)))
      return { tree: known.tree, rest: code.slice(known.code.length) }
    const beginning = growing ? code.slice(0, longest) : code
    const tree = this.#colour(language, beginning)
    if (!tree) return undefined
    if (known) this.#known.splice(this.#known.indexOf(known), 1)
    this.#known.push({ language, code: beginning, tree })
    if (this.#known.length > most) this.#known.shift()
    return { tree, rest: code.slice(beginning.length) }
  }

  /** The longest code with colours that this one begins with. */
  #beginning(language: string, code: string): Coloured<Tree> | undefined {
    let longest: Coloured<Tree> | undefined
    for (const one of this.#known)
      if (one.language === language && code.startsWith(one.code))
        if (!longest || one.code.length > longest.code.length) longest = one
    return longest
  }
}
