import type { Row } from '@rejoin/core'
import type { Saved } from '../common/link.ts'

/** Milliseconds between tries. */
const firstPause = 250
const longestPause = 10_000

/** Writes messages to the database, and keeps trying while the database does not answer: no message is lost. */
export class Keeper {
  readonly #save: (conversationId: string, row: Row) => Promise<Saved>

  constructor(save: (conversationId: string, row: Row) => Promise<Saved>) {
    this.#save = save
  }

  /** Returns why the message can never be stored, which is reported once; `undefined` when it is stored. */
  async keep(conversationId: string, row: Row): Promise<string | undefined> {
    for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
      try {
        const { refused } = await this.#save(conversationId, row)
        if (refused !== undefined) console.error(`agent: a message is not saved; ${refused}`)
        return refused
      } catch (error) {
        if (pause === firstPause)
          console.error(
            `agent: unable to save a message; ${(error as Error).message}. It tries again until it works`,
          )
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
    }
  }
}
