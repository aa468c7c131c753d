import type { Break } from '../text/coverage.ts'
import { ALL, readerOf, stretchAt } from './stretch.ts'
import type { Stretch } from './stretch.ts'

/** What is known of a channel's past. `step` changes it. */
export interface Ledger {
  readonly phase: Phase
  /** Newest first. The first one grows with live messages. */
  readonly stretches: readonly Stretch[]
  /** Where continuity was lost and not yet restored: the oldest such place, and the newest attachment. */
  readonly gap: Break | undefined
  readonly readings: readonly Reading[]
  /** A reading that looks for unknown heads is under way. */
  readonly judging: boolean
  /** Whether there are older messages, as the hydrator last said. */
  readonly told: boolean | undefined
  /** Messages that the hydrator had loaded were let go: it must begin again. */
  readonly restarts: boolean
}

export type Phase = 'detached' | 'loading' | 'whole' | 'bounded' | 'failed'

/** One call of `readHistory`. It reads on until every open response, and every one in view, is whole. */
export interface Reading {
  readonly id: number
  /** The attachment whose history it reads. */
  readonly cursor: number
  /** From the `top`, it closes the gaps between stretches and goes as far as the hydrator asks. */
  readonly from: 'top' | 'bottom'
  /** It reads until the list has grown. */
  readonly more: boolean
  readonly pagesLeft: number
  readonly first: boolean
  readonly reached: boolean
}

export const emptyLedger: Ledger = Object.freeze({
  phase: 'detached',
  stretches: [],
  gap: undefined,
  readings: [],
  judging: false,
  told: undefined,
  restarts: false,
})

/** How far reading the past has come. */
export interface HydrationState {
  /**
   * - `running`: the past is being read;
   * - `whole`: every open response is whole from its start;
   * - `bounded`: reading stopped at the hydrator's bound. Messages in between, or the start of an open response, may be
   *   missing; `loadOlder()` goes on there;
   * - `failed`: the past could not be read; see `error`. `loadOlder()` tries again.
   */
  readonly status: 'running' | 'whole' | 'bounded' | 'failed'
  readonly hasOlder: boolean
}

/** The session state's `hydration`. `deep`: the hydrator can load older messages. */
export function hydrationOf(ledger: Ledger, deep: boolean): HydrationState {
  const { phase, stretches, told, restarts } = ledger
  const oldest = stretches.at(-1)
  const unread = deep && oldest !== undefined && oldest.readers.length > 0 && oldest.from !== ALL
  return {
    status: isLoading(ledger) ? 'running' : (phase as Exclude<Phase, 'detached' | 'loading'>),
    hasOlder: phase === 'bounded' || phase === 'failed' || restarts || isLost(ledger) || (told ?? unread),
  }
}

/** Whether the past was not read yet since the last attach that did not resume. */
export const isLoading = ({ phase }: Ledger): boolean => phase === 'detached' || phase === 'loading'

/** Whether the channel may retain messages that were not read. */
export const hasMore = ({ stretches }: Ledger): boolean => stretches.length > 1 || stretches[0]?.from !== ALL

/** Whether the hydrator asked for messages before the oldest stretch. */
export const isUnmet = ({ stretches }: Ledger): boolean => stretches.at(-1)?.unmet ?? false

/** Whether history may have messages that were let go. */
export const isLost = ({ stretches }: Ledger): boolean => stretches.at(-1)?.lost !== undefined

/** Whether pages of this attachment's history are still of use. */
export const reads = ({ stretches }: Ledger, cursor: number): boolean =>
  stretches.some((stretch) => readerOf(stretch, cursor))

/** The time up to which this cursor's history is read; `undefined`: up to the attachment. */
export const untilOf = ({ stretches }: Ledger, cursor: number): number | undefined =>
  stretches.flatMap(({ readers }) => readers).find(({ epoch }) => epoch === cursor)?.until

/** Whether a response begins with its oldest known message, which has this serial. `live`: it was delivered just now. */
export function begins(ledger: Ledger, serial: string, live: boolean): boolean {
  const stretch = stretchAt(ledger.stretches, serial, live)
  return stretch !== undefined && serial > stretch.heads
}

/** Whether the prompt of this serial is the first of its id: nothing of its responses comes before it. */
export function beginsTurn(ledger: Ledger, serial: string): boolean {
  const stretch = stretchAt(ledger.stretches, serial, false)
  return stretch !== undefined && serial > stretch.prompts
}

/** Loaded, and continuity was not lost since. */
export const isSettled = ({ phase }: Ledger): boolean => phase === 'whole' || phase === 'bounded'

/** Nothing is being read or must be read again: messages can be let go. */
export const isAtRest = (ledger: Ledger): boolean =>
  isSettled(ledger) && !ledger.gap && !ledger.judging && ledger.readings.length === 0
