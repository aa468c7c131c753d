import { checksum } from '../protocol/checksum.ts'
import type { ShownText } from './shownText.ts'

/** What an operation declares about its text. */
export interface Declaration {
  /** Orders operations: a message's `version.serial`, or a token's `serial`. */
  key: string
  /** Length of the whole text after the operation, in UTF-16 code units. */
  end?: number
  checksum?: string
  done?: boolean
}

/** What the agent declared of a text: that it is done, its length and its checksum. */
export class Declared {
  done = false
  /** Key of the newest operation: the declarations of older ones, arriving late, no longer count. */
  #heard = ''
  #last: { key: string; end: number | undefined; checksum: string } | undefined
  #checked: { text: string; matches: boolean } | undefined

  /** A length and a checksum were declared. */
  get declared(): boolean {
    return this.#last !== undefined
  }

  get end(): number | undefined {
    return this.#last?.end
  }

  isNewer(key: string): boolean {
    return key > this.#heard
  }

  /** The newest operation declares nothing new. */
  hear(key: string): void {
    this.#heard = key
  }

  /** Records an operation's declarations. Returns whether anything changed. */
  mark({ key, done, checksum: sum, end }: Declaration): boolean {
    if (key < this.#heard) return false
    this.#heard = key
    let changed = false
    if (done !== undefined && done !== this.done) {
      this.done = done
      changed = true
    }
    if (sum !== undefined && this.#last?.key !== key) {
      this.#last = { key, end, checksum: sum }
      changed = true
    }
    return changed
  }

  /** Forgets declarations from before `key`: they describe another text. */
  forget(key: string): void {
    if (this.#last && this.#last.key < key) this.#last = undefined
  }

  /** Whether a text without gaps is the declared one; `undefined` while more may come. */
  agrees({ text, length, end: known }: ShownText): boolean | undefined {
    if (!this.#last) return undefined
    const { end, checksum: declared } = this.#last
    if (end !== undefined && known !== undefined && end !== known) return undefined
    if (this.#checked?.text !== text) this.#checked = { text, matches: checksum(text) === declared }
    return this.#checked.matches && end === length
  }
}
