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
  /** The newest operation with a checksum: its key, and what it declared. */
  #key = ''
  #end: number | undefined
  #checksum: string | undefined
  /** The text that was checked last. */
  #checked: string | undefined
  #matches = false

  /** What the operation `key` declared, when it closed this text. */
  static of(key: string, text: string): Declared {
    const declared = new Declared()
    declared.mark({ key, end: text.length, checksum: checksum(text), done: true })
    return declared
  }

  /** The newest operation, `key`, declared all of it. */
  isOf(key: string): boolean {
    return this.done && this.#key === key && this.#heard === key
  }

  /** A length and a checksum were declared. */
  get declared(): boolean {
    return this.#checksum !== undefined
  }

  get end(): number | undefined {
    return this.#end
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
    if (sum !== undefined && this.#key !== key) {
      this.#key = key
      this.#end = end
      this.#checksum = sum
      this.#checked = undefined
      changed = true
    }
    return changed
  }

  /** Forgets declarations from before `key`: they describe another text. */
  forget(key: string): void {
    if (this.#key >= key) return
    this.#key = ''
    this.#end = this.#checksum = undefined
  }

  /** Whether a text without gaps is the declared one; `undefined` while more may come. */
  agrees({ text, length, end: known }: ShownText): boolean | undefined {
    if (this.#checksum === undefined) return undefined
    const end = this.#end
    if (end !== undefined && known !== undefined && end !== known) return undefined
    if (this.#checked !== text) {
      this.#checked = text
      this.#matches = checksum(text) === this.#checksum
    }
    return this.#matches && end === length
  }
}
