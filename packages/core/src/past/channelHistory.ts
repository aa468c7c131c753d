import { floorOf, reaches } from './floor.ts'
import type { HistoryOptions } from './history.ts'
import type { Hydrator } from './hydrator.ts'
import type { RowReaderOf } from './rowReader.ts'

/** `history`, without the code that loads rows: a reader that passes none does not load it. */
export function channelHistory(bounds: Omit<HistoryOptions, 'older'> = {}, rowsOf?: RowReaderOf): Hydrator {
  const { limit = 200, maxPages = 10 } = bounds
  return {
    async load(past) {
      const rows = rowsOf?.(past)
      const floor = past.initialRows && floorOf({ rows: past.initialRows })
      let isReached = !floor
      await past.readHistory({
        limit,
        maxPages,
        ...(floor && { enough: (oldest) => (isReached ||= reaches(oldest, floor, past)) }),
      })
      if (!isReached) await rows?.read(past, true)
      if (rows) past.setHasOlder(true)
    },
    async loadOlder(past) {
      const rows = rowsOf?.(past)
      if (past.again) rows?.restart()
      const more = await past.readHistory({ limit, maxPages, older: true })
      if (more || !rows?.hasOlder) return more || (rows?.hasOlder ?? false)
      // After `initialRows`, the first page says where the second one begins.
      if (!rows.begun && past.initialRows) await rows.read(past)
      if (rows.hasOlder) await rows.read(past)
      return rows.hasOlder
    },
  }
}
