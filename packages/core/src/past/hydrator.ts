import type { ChannelParams, InboundMessage, RealtimeChannel } from 'ably'
import type { Row } from '../types/types.ts'

/**
 * Loads the past of a channel. `rewind`, `history` and `seed` return one; an application can write its own.
 * Messages and rows may overlap with live messages and with each other: nothing shows twice.
 */
export interface Hydrator {
  /** Channel params to attach with. */
  params?: ChannelParams
  /** Called after every attach that did not resume: the first time, and whenever continuity was lost. */
  load(past: Past): Promise<void>
  /** Called by `session.loadOlder()`. Resolves to whether there is more. */
  loadOlder?(past: Past): Promise<boolean>
}

/** What a hydrator reads with, and applies to. */
export interface Past {
  readonly channel: RealtimeChannel
  /** Continuity was lost: loaded messages stay, and only newer ones are needed. */
  readonly again: boolean
  /** Aborted when the session closes or continuity is lost once more. */
  readonly signal: AbortSignal
  /** An open response lacks something that older messages could bring. */
  readonly needsMore: boolean
  /** Applies messages of the channel, in any order. */
  apply(messages: readonly InboundMessage[]): void
  /** Applies messages as the application's database has them. */
  applyRows(rows: readonly Row[]): void
  /** Reads the channel's history backwards until `enough`, its end, or a bound. Resolves to whether there is more. */
  readHistory(options: HistoryReading): Promise<boolean>
  /** Waits until the messages that the attach rewound have been delivered. Resolves to whether the attach rewound. */
  rewound(): Promise<boolean>
  /** Tells `session.getSnapshot().hasOlder`. */
  setHasOlder(hasOlder: boolean): void
}

export interface HistoryReading {
  /** Messages a request, 1 to 1000. */
  limit: number
  /** Requests at the most. */
  maxPages: number
  /** Asked after each page, beside `needsMore`: the serial and time of the oldest message so far. */
  enough?: (oldest: { serial: string; timestamp: number }) => boolean
  /** Go on where the last reading stopped instead of beginning at the newest message. */
  older?: boolean
}
