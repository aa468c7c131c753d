import type { RejoinError } from '@rejoin/core/protocol'

/** Maximum number of different errors on the console. */
const MAX = 100

/** Puts on the console what no listener of `error` heard: each text once, since what fails may be tried for ever. */
export class Unheard {
  readonly #told = new Set<string>()

  tell(error: RejoinError): void {
    if (this.#told.has(error.message) || this.#told.size >= MAX) return
    this.#told.add(error.message)
    console.error('[rejoin]', error)
  }
}
