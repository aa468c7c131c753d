import { ErrorCode, RejoinError } from '../errors.ts'
import type { Row } from '../types.ts'
import type { HistoryOptions } from './history.ts'
import type { Hydrator, Past } from './hydrator.ts'

export interface SeedPage {
  /** Newest page first; within a page any order. */
  rows: readonly Row[]
  /** Given back to `load` for the page before this one; absent when there is none. */
  cursor?: string | undefined
  /**
   * When the oldest response began that is not complete in the database, in milliseconds since the epoch. Without
   * it, history is read back to the newest complete row and to every response that is open there.
   */
  openSince?: number | undefined
}

export interface SeedOptions extends HistoryOptions {
  /** Loads a page of the conversation from the application's database. */
  load(cursor: string | undefined, signal: AbortSignal): Promise<SeedPage>
}

/**
 * Loads completed messages from the application's own database, then reads from the channel only what is in
 * progress. Rows win for responses that are complete in them; a newer version on the channel shows.
 */
export function seed(options: SeedOptions): Hydrator {
  const { limit = 200, maxPages = 10 } = options
  let cursor: string | undefined

  async function rows(past: Past, from: string | undefined): Promise<SeedPage> {
    try {
      const page = await options.load(from, past.signal)
      if (!Array.isArray(page?.rows)) throw new TypeError('load() did not resolve to { rows: [...] }')
      past.applyRows(page.rows)
      return page
    } catch (cause) {
      throw new RejoinError(
        ErrorCode.HydrationFailed,
        `unable to load the conversation from the application's database; check the seed's load(): ${String(cause)}`,
        { cause },
      )
    }
  }

  return {
    async load(past) {
      // The rows and the channel are read side by side, and neither waits for the other to fail.
      let failure: unknown
      let page: SeedPage | undefined
      try {
        page = await rows(past, undefined)
        if (!past.again) cursor = page.cursor
      } catch (error) {
        failure = error
      }
      const floor = page && newestComplete(page)
      await past.readHistory({
        limit,
        maxPages,
        enough: ({ serial, timestamp }) =>
          floor !== undefined &&
          (floor.serial !== undefined ? serial <= floor.serial : timestamp <= floor.time),
      })
      if (!past.again && page) past.setHasOlder(cursor !== undefined)
      if (failure) throw failure
    },
    async loadOlder(past) {
      if (cursor === undefined) return false
      cursor = (await rows(past, cursor)).cursor
      return cursor !== undefined
    },
  }
}

/** Where reading the channel backwards may stop: the start of the newest response that is complete. */
function newestComplete({
  rows,
  openSince,
}: SeedPage): { serial: string | undefined; time: number } | undefined {
  if (openSince !== undefined) return { serial: undefined, time: openSince }
  let newest: { serial: string | undefined; time: number } | undefined
  for (const row of rows) {
    if (row.role !== 'assistant' || row.status === 'streaming' || row.status === 'interrupted') continue
    const time = row.createdAt === undefined ? NaN : new Date(row.createdAt).getTime()
    if (Number.isNaN(time) && row.serial === undefined) continue
    if (!newest || time > newest.time) newest = { serial: row.serial, time }
  }
  return newest
}
