import { reasonOf, RejoinError } from '../types/errors.ts'
import type { Row } from '../types/types.ts'
import type { Past } from './hydrator.ts'

export interface SeedPage {
  /** Newest page first; within a page any order. */
  rows: readonly Row[]
  /** Passed to `load` for the page before this one; absent when there is none. */
  cursor?: string | undefined
  /**
   * Start of the oldest prompt or response that is missing or incomplete in the database, in milliseconds since the
   * epoch by Ably's clock. Without it, history is read back to the newest complete row and to the start of every open response.
   */
  openSince?: number | undefined
}

/** Loads a page of the conversation from the application's database; without a cursor, the newest. */
export type LoadRows = (cursor: string | undefined, signal: AbortSignal) => Promise<SeedPage>

/** How many pages are read to meet what was known before, as many as of history. */
const MAX_PAGES = 10

/** The reader of the session that reads. Several may share a hydrator: each has read other pages. */
export type RowReaderOf = (past: Past) => RowReader

export function rowReaders(load: LoadRows): RowReaderOf {
  const bySession = new WeakMap<object, RowReader>()
  return ({ session }) => {
    const known = bySession.get(session)
    if (known) return known
    const rows = new RowReader(load)
    bySession.set(session, rows)
    return rows
  }
}

/** Pages an application's database backwards into a conversation. */
export class RowReader {
  readonly #load: LoadRows
  #cursor: string | undefined
  /** Ids of the newest page, as it was read last. */
  #newest: readonly string[] = none
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
    this.#newest = none
    this.begun = false
  }

  /**
   * Reads the page before those read so far; with `newest`, the newest page once more, and those between it and what it
   * was before.
   */
  async read(past: Past, newest = false): Promise<SeedPage> {
    try {
      const isNewest = newest || !this.begun
      // The rows that a page begins with are those of a page that was read before.
      if (!this.begun && past.initialRows) this.#newest = idsOf(past.initialRows)
      const page = await this.#page(past, isNewest ? undefined : this.#cursor)
      // Where nothing was known, what is older than this page is what is older than all.
      this.#cursor = isNewest && this.#newest.length > 0 ? await this.#join(past, page) : page.cursor
      if (isNewest) this.#newest = idsOf(page.rows)
      this.begun = true
      return page
    } catch (cause) {
      if (cause instanceof RejoinError) throw cause
      throw new RejoinError(
        'hydration_failed',
        `unable to load the conversation from the application's database; check load(): ${reasonOf(cause)}`,
        { cause },
      )
    }
  }

  /** Reads on from the newest page to one that has rows of the newest page before. Returns where older pages begin. */
  async #join(past: Past, newest: SeedPage): Promise<string | undefined> {
    const known = new Set(this.#newest)
    let page = newest
    for (let count = 1; !page.rows.some((row) => known.has(row?.id)); count++) {
      if (page.cursor === undefined || count === MAX_PAGES) return page.cursor
      page = await this.#page(past, page.cursor)
    }
    return this.begun ? this.#cursor : page.cursor
  }

  async #page(past: Past, cursor: string | undefined): Promise<SeedPage> {
    const page = await this.#load(cursor, past.signal)
    if (!Array.isArray(page?.rows)) throw new TypeError('load() did not resolve to { rows: [...] }')
    past.applyRows(page.rows)
    // Databases and JSON have no `undefined`.
    return { ...page, cursor: page.cursor || undefined }
  }
}

const none: readonly string[] = []

const idsOf = (rows: readonly Row[]): readonly string[] => rows.map((row) => row?.id)
