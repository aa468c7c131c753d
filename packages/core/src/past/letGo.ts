import type { Ledger } from './ledger.ts'
import { lower, NONE } from './stretch.ts'
import type { Stretch } from './stretch.ts'

/** Messages of the channel that are not known any more. */
export interface LetGo {
  readonly newest: string
  readonly oldest: string
  /** When the newest of them was published, in milliseconds since the epoch; 0: none, but a start is unread. */
  readonly until: number
  /** Names their history, which is read when they are asked for: negative, and another one each time. */
  readonly cursor: number
  /** A hydrator may have loaded them: it is to begin anew. */
  readonly restarts: boolean
}

/** What is known after the oldest messages were let go. */
export function withoutOldest(ledger: Ledger, span: LetGo): Ledger {
  const [top, ...rest] = ledger.stretches
  if (!top) return ledger
  const isCut = span.until > 0
  const stretch = isCut ? cut(top, span) : raised(top, span.newest)
  const restarts = ledger.restarts || span.restarts
  return { ...ledger, stretches: [stretch, ...(isCut ? [] : rest)], restarts }
}

/** Nothing up to this serial is known to be all that there was. */
function raised(stretch: Stretch, serial: string): Stretch {
  const { from, heads, prompts } = stretch
  const higher = (known: string): string => (known < serial ? serial : known)
  return { ...stretch, from: higher(from), heads: higher(heads), prompts: higher(prompts) }
}

function cut(stretch: Stretch, { newest, oldest, until, cursor }: LetGo): Stretch {
  const { lost, readers } = stretch
  // What was let go before may go on after it.
  const untils = lost === undefined ? [] : readers.map((reader) => reader.until ?? 0)
  return {
    ...raised(stretch, newest),
    readers: [{ epoch: cursor, until: Math.max(until, ...untils), exhausted: false }],
    unmet: false,
    lost: lower(lost ?? NONE, oldest),
  }
}
