import type { Hydrator } from './hydrator.ts'

export interface HistoryOptions {
  /** Messages a request, 1 to 1000. Default 200. */
  limit?: number
  /** Requests at the most, per hydration and per `loadOlder()`. Default 10. */
  maxPages?: number
}

/**
 * Reads the channel's history up to the point of attach, backwards, until every open response is whole from its
 * start. Needs the capability `history`. Bounds: `maxPages`; the state's `hydration` tells where it stopped.
 */
export function history(options: HistoryOptions = {}): Hydrator {
  const { limit = 200, maxPages = 10 } = options
  return {
    load: (past) => past.readHistory({ limit, maxPages }),
    loadOlder: async (past) => {
      await past.readHistory({ limit, maxPages, older: true })
      return true
    },
  }
}
