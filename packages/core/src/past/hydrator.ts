import type { ChannelParams, InboundMessage, RealtimeChannel } from 'ably'
import type { Row } from '../types/types.ts'

/**
 * Loads the past of a channel. `rewind`, `history` and `seed` return one; an application can write its own.
 * Messages and rows may overlap with live messages and with each other: nothing shows twice.
 */
export interface Hydrator {
  /** Channel params to attach with. */
  params?: ChannelParams
  /**
   * Called at once, while the channel is still being attached, and after every later attach that did not resume. Rows
   * that it applies before the attach show at once.
   */
  load(past: Past): Promise<void>
  /** Called by `session.loadOlder()`. Resolves to whether there is more. */
  loadOlder?(past: Past): Promise<boolean>
}

/** How a hydrator reads a channel's past and applies it. */
export interface Past {
  /**
   * Of the session that reads: the same object each time. A hydrator may serve several sessions, so what it remembers
   * belongs in a `WeakMap` under this.
   */
  readonly session: object
  /** The channel; attached once `attached()` has resolved. */
  readonly channel: RealtimeChannel
  /**
   * For `load`: continuity was lost; loaded messages stay, and only newer ones are needed. For `loadOlder`: older messages
   * were let go (the option `keep`); begin again with the newest.
   */
  readonly again: boolean
  /** The session's `initialRows`, which show already, on the first load; history is to reach back to them. */
  readonly initialRows: readonly Row[] | undefined
  /** Aborted when the session closes or continuity is lost once more. */
  readonly signal: AbortSignal
  /** Resolves when the channel is attached. `readHistory` and `rewound` wait for it by themselves. */
  attached(): Promise<void>
  /** An open response has a gap that older messages could fill. */
  readonly needsMore: boolean
  /** Serial of the oldest message that the channel told of a response, by its id; undefined: it told of none. */
  serialOf(responseId: string): string | undefined
  /** Applies messages of the channel, in any order. */
  apply(messages: readonly InboundMessage[]): void
  /** Applies messages from the application's database. */
  applyRows(rows: readonly Row[]): void
  /** Reads the channel's history backwards until `enough`, a bound or its end. Resolves to whether there is more. */
  readHistory(options: HistoryReading): Promise<boolean>
  /** Waits until the rewound messages have been delivered. Resolves to false if the attach did not rewind, or some are missing. */
  rewound(): Promise<boolean>
  /** Sets `session.getSnapshot().hasOlder`. */
  setHasOlder(hasOlder: boolean): void
}

export interface HistoryReading {
  /** Messages a request, 1 to 1000. */
  limit: number
  /** Maximum number of requests. */
  maxPages: number
  /** Called after each page with the serial and time of the oldest message so far; false reads on. */
  enough?: (oldest: { serial: string; timestamp: number }) => boolean
  /** Go on where the last reading stopped, instead of starting at the newest message. */
  older?: boolean
}
