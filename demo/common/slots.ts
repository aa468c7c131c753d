/** How many of something each person may hold at a time: connections, streams, prompts that are being answered. */
export class Slots {
  readonly #each: number
  readonly #held = new Map<string, number>()

  constructor(each: number) {
    this.#each = each
  }

  /** Takes one and returns how to give it back; `undefined` when the person holds all of theirs. */
  take(person: string): (() => void) | undefined {
    const held = this.#held.get(person) ?? 0
    if (held >= this.#each) return undefined
    this.#held.set(person, held + 1)
    let given = false
    return () => {
      if (given) return
      given = true
      const left = this.#held.get(person)! - 1
      if (left > 0) this.#held.set(person, left)
      else this.#held.delete(person)
    }
  }
}
