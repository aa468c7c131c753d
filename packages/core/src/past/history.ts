import { floorOf, reaches } from './floor.ts'
import type { Hydrator } from './hydrator.ts'
import type { LoadRows } from './rowReader.ts'
import { RowReader } from './rowReader.ts'

export interface HistoryOptions {
  /** Messages a request, 1 to 1000. Default 200. */
  limit?: number
  /** Maximum number of requests per hydration and per `loadOlder()`. Default 10. */
  maxPages?: number
  /** Where `loadOlder()` goes on when the channel retains no more: the application's own database. */
  older?: LoadRows
}

/**
 * Reads the channel's history up to the point of attach, backwards, until every open response is whole from its
 * start. Needs the capability `history`. If `maxPages` stops it earlier, the state's `hydration` is `bounded`.
 */
export function history(options: HistoryOptions = {}): Hydrator {
  const { limit = 200, maxPages = 10, older } = options
  const rows = older && new RowReader(older)
  return {
    async load(past) {
      const floor = past.initialRows && floorOf({ rows: past.initialRows })
      let isReached = !floor
      await past.readHistory({
        limit,
        maxPages,
        ...(floor && { enough: (oldest) => (isReached ||= reaches(oldest, floor)) }),
      })
      if (!isReached) await rows?.read(past, true)
      if (rows) past.setHasOlder(true)
    },
    async loadOlder(past) {
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
