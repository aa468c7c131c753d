import type { Prompt } from '@rejoin/agent'
import { Slots } from '../common/slots.ts'

/** Prompts of one person that are answered at a time, in all of their conversations. */
const promptsEach = 5

/** What one person may ask for: a model costs money, and an answer costs memory. */
export class Admission {
  readonly #longest: number
  readonly #slots = new Slots(promptsEach)

  /** `longest`: UTF-16 code units of a prompt. */
  constructor(longest: number) {
    this.#longest = longest
  }

  /** Returns how to give the place back. Throws, for the person to read, when there is none. */
  enter({ text, clientId = '' }: Prompt): () => void {
    if (text.length > this.#longest)
      throw new Error(
        `unable to answer a prompt of ${text.length} characters; send at most ${this.#longest} at a time`,
      )
    const leave = this.#slots.take(clientId)
    if (!leave)
      throw new Error(
        `unable to answer this prompt now; ${promptsEach} of yours are being answered. Send it again when one is done`,
      )
    return leave
  }
}
