import type { HistoryOptions } from './history.ts'
import type { Hydrator } from './hydrator.ts'
import type { LoadRows, SeedPage } from './rowReader.ts'
import { RowReader } from './rowReader.ts'
import { isOpen } from '../types/status.ts'

export interface SeedOptions extends Omit<HistoryOptions, 'older'> {
  /** Loads a page of the conversation from the application's database; without a cursor, the newest. */
  load: LoadRows
}

/**
 * Loads completed messages from the application's own database, then reads from the channel only responses in
 * progress. A complete row wins over the channel, unless the channel has a newer version.
 */
export function seed(options: SeedOptions): Hydrator {
  const { limit = 200, maxPages = 10 } = options
  const rows = new RowReader(options.load)
  return {
    async load(past) {
      const page = await rows.read(past, true).catch((error: Error) => error)
      // If the database fails, read the channel all the same.
      const floor = page instanceof Error ? undefined : newestComplete(page)
      await past.readHistory({
        limit,
        maxPages,
        enough: ({ serial, timestamp }) =>
          floor !== undefined &&
          (floor.serial === undefined ? timestamp <= floor.time : serial <= floor.serial),
      })
      if (page instanceof Error) throw page
      past.setHasOlder(rows.hasOlder)
    },
    async loadOlder(past) {
      if (rows.hasOlder) await rows.read(past)
      return rows.hasOlder
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
    if (row.role !== 'assistant' || isOpen(row.status ?? 'complete')) continue
    const time = row.createdAt === undefined ? Number.NaN : new Date(row.createdAt).getTime()
    if (Number.isNaN(time) && row.serial === undefined) continue
    if (!newest || time > newest.time) newest = { serial: row.serial, time }
  }
  return newest
}
