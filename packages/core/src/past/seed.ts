import { floorOf, reaches } from './floor.ts'
import type { Floor } from './floor.ts'
import type { HistoryOptions } from './history.ts'
import type { Hydrator } from './hydrator.ts'
import type { LoadRows } from './rowReader.ts'
import { rowReaders } from './rowReader.ts'

export interface SeedOptions extends Omit<HistoryOptions, 'older'> {
  /** Loads a page of the conversation from the application's database; without a cursor, the newest. */
  load: LoadRows
}

/** Milliseconds. Ably retains messages for at least two minutes, so older rows may end before the oldest retained message. */
const MAX_AGE = 60_000

/**
 * Loads completed messages from the application's own database, then reads from the channel only responses in
 * progress. A complete row wins over the channel, unless the channel has a newer version.
 */
export function seed(options: SeedOptions): Hydrator {
  const { limit = 200, maxPages = 10 } = options
  const rowsOf = rowReaders(options.load)
  return {
    async load(past) {
      const rows = rowsOf(past)
      const { initialRows } = past
      const began = Date.now()
      // If the database fails, read the channel all the same.
      const page = initialRows
        ? { rows: initialRows }
        : await rows.read(past, true).catch((error: Error) => error)
      await past.attached()
      const isOld = initialRows !== undefined || Date.now() - began > MAX_AGE
      let isReached = false
      // Sought when the channel has a past.
      let floor: Floor | false | undefined
      await past.readHistory({
        limit,
        maxPages,
        enough: (oldest) => {
          floor ??= (!(page instanceof Error) && floorOf(page)) || false
          return (isReached ||= floor !== false && reaches(oldest, floor, past))
        },
      })
      if (page instanceof Error) throw page
      // Messages may have left the channel for the database since the rows were read.
      if (isOld && !isReached) await rows.read(past, true)
      past.setHasOlder(rows.hasOlder)
    },
    async loadOlder(past) {
      const rows = rowsOf(past)
      if (past.again) rows.restart()
      // After `initialRows`, the first page says where the second one begins.
      if (!rows.begun) await rows.read(past)
      if (rows.hasOlder) await rows.read(past)
      return rows.hasOlder
    },
  }
}
