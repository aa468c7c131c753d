import type { Row } from '@rejoin/core'

const firstPause = 250
const longestPause = 10_000

/** Writes messages to the database, and goes on trying while it does not answer: nothing said is lost. */
export class Keeper {
  readonly #save: (conversationId: string, row: Row) => Promise<void>

  constructor(save: (conversationId: string, row: Row) => Promise<void>) {
    this.#save = save
  }

  async keep(conversationId: string, row: Row): Promise<void> {
    for (let pause = firstPause; ; pause = Math.min(pause * 2, longestPause)) {
      try {
        await this.#save(conversationId, row)
        return
      } catch (error) {
        if (pause === firstPause)
          console.error(
            `agent: unable to save a message; ${(error as Error).message}. Trying again until it works`,
          )
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
    }
  }
}
