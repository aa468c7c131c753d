import { channelHistory } from './channelHistory.ts'
import type { Hydrator } from './hydrator.ts'
import { rowReaders } from './rowReader.ts'
import type { LoadRows } from './rowReader.ts'

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
  return channelHistory(options, options.older && rowReaders(options.older))
}
