import { RejoinError } from '../types/errors.ts'
import type { Row } from '../types/types.ts'
import type { Past } from './hydrator.ts'

export interface SeedPage {
  /** Newest page first; within a page any order. */
  rows: readonly Row[]
  /** Passed to `load` for the page before this one; absent when there is none. */
  cursor?: string | undefined
  /**
   * Start of the oldest prompt or response that is missing or incomplete in the database, in milliseconds since the
   * epoch. Without it, history is read back to the newest complete row and to the start of every open response.
   */
  openSince?: number | undefined
}

/** Loads a page of the conversation from the application's database; without a cursor, the newest. */
export type LoadRows = (cursor: string | undefined, signal: AbortSignal) => Promise<SeedPage>

/** Pages an application's database backwards into a conversation. */
export class RowReader {
  readonly #load: LoadRows
  #cursor: string | undefined
  /** The first page was read. */
  begun = false

  constructor(load: LoadRows) {
    this.#load = load
  }

  get hasOlder(): boolean {
    return !this.begun || this.#cursor !== undefined
  }

  /** The pages read so far are not known any more. */
  restart(): void {
    this.#cursor = undefined
    this.begun = false
  }

  /** Reads the page before those read so far; with `newest`, the newest page once more, keeping the place. */
  async read(past: Past, newest = false): Promise<SeedPage> {
    try {
      const page = await this.#load(newest ? undefined : this.#cursor, past.signal)
      if (!Array.isArray(page?.rows)) throw new TypeError('load() did not resolve to { rows: [...] }')
      past.applyRows(page.rows)
      if (!newest || !this.begun) this.#cursor = page.cursor
      this.begun = true
      return page
    } catch (cause) {
      if (cause instanceof RejoinError) throw cause
      throw new RejoinError(
        'hydration_failed',
        `unable to load the conversation from the application's database; check load(): ${String(cause)}`,
        { cause },
      )
    }
  }
}
