import { covers, lostAgain } from '../text/coverage.ts'
import type { Break, Coverage } from '../text/coverage.ts'
import { hasMore, isLost, isSettled } from './ledger.ts'
import type { Ledger, Reading } from './ledger.ts'
import { ALL, joined, lower, newStretch, ownReader, readerOf, withPage } from './stretch.ts'
import type { PageMarks, Stretch } from './stretch.ts'

export type Event =
  /** Attached without resuming. `newest`: serial of the newest message up to which none is missing; `seen`: something shows. */
  | { type: 'attached'; epoch: number; newest: string; seen: boolean }
  /**
   * A reading begins. From the `top`: at the newest message, and through known ones too, which may have changed while
   * continuity was lost. From the `bottom`: where the last reading stopped, for older messages.
   */
  | { type: 'began'; reading: number; from: 'top' | 'bottom'; pages: number; reached: boolean; more: boolean }
  /** A page of history; `cursor` names the attachment whose history it is. */
  | { type: 'page'; reading: number; cursor: number; marks: PageMarks; enough: boolean }
  /** The page was applied. `needsPast`: older messages could complete a response; `grown`: the list is longer, or will be; told to a reading that wants `more`. */
  | { type: 'weighed'; reading: number; needsPast: boolean; grown: boolean }
  | { type: 'stopped'; reading: number }
  /** The rewound messages have been delivered. */
  | { type: 'rewound' }
  /** The hydrator's `load` has ended. `begins`: responses newer than this count as whole, although nothing was read. */
  | { type: 'loaded'; needsPast: boolean; begins: string }
  | { type: 'failed' }
  /** A live response has appeared whose head may lie in the past. */
  | { type: 'stranger' }
  /** The application asks for older messages. */
  | { type: 'older' }
  /** Reading older messages, or for unknown heads (`judged`), is over. */
  | { type: 'ended'; needsPast: boolean; judged: boolean }
  /** Whether the hydrator has more; `restarted`: it has begun again. */
  | { type: 'told'; hasOlder: boolean; restarted?: boolean }

export type Decision =
  /** Give up every reading and have the hydrator load. `again`: only messages since the loss are needed. */
  | { do: 'hydrate'; again: boolean }
  /** Open responses may lack messages here. */
  | { do: 'break'; gap: Break }
  /** History has delivered everything in `coverage`; `again`: including each retained message's current version. */
  | { do: 'cover'; coverage: Coverage; again: Coverage | undefined }
  /** Read on until the responses now in view are whole. */
  | { do: 'want' }
  /** Read the next page of this attachment's history. */
  | { do: 'read'; cursor: number }
  | { do: 'finish' }
  /** Read on until the starts of live responses have been read. */
  | { do: 'judge' }
  /** For older messages: wait until the past is read, retry a failed load, go on after a bound, or ask the hydrator. */
  | { do: 'wait' }
  | { do: 'retry' }
  | { do: 'resume' }
  | { do: 'reread' }
  | { do: 'ask' }

export interface Outcome {
  readonly ledger: Ledger
  readonly decisions: readonly Decision[]
}

/**
 * Applies one event to the ledger, and decides what to do next. Knows no channel, no promise and no clock: `Continuity`
 * attaches, `Readings` reads, and both obey.
 */
export function step(ledger: Ledger, event: Event): Outcome {
  switch (event.type) {
    case 'attached':
      return attached(ledger, event)
    case 'began':
      return began(ledger, event)
    case 'page':
      return paged(ledger, event)
    case 'weighed':
      return weighed(ledger, event)
    case 'stopped':
      return only({ ...ledger, readings: ledger.readings.filter(({ id }) => id !== event.reading) })
    case 'rewound':
      return ledger.phase === 'loading' ? only(ledger, { do: 'want' }) : only(ledger)
    case 'loaded': {
      if (ledger.phase !== 'loading') return only(ledger)
      const next = withTop(ledger, ({ heads, prompts }) => ({
        held: true,
        heads: lower(heads, event.begins),
        prompts: lower(prompts, event.begins),
      }))
      return only(settled(next, event.needsPast))
    }
    case 'failed':
      return only(ledger.phase === 'loading' ? { ...ledger, phase: 'failed' } : ledger)
    case 'stranger':
      if (ledger.judging || !isSettled(ledger) || !hasMore(ledger)) return only(ledger)
      return { ledger: { ...ledger, judging: true }, decisions: [{ do: 'judge' }] }
    case 'older':
      return asked(ledger)
    case 'ended': {
      const next = event.judged ? { ...ledger, judging: false } : ledger
      return only(isSettled(next) ? settled(next, event.needsPast) : next)
    }
    case 'told':
      return only({ ...ledger, told: event.hasOlder, restarts: ledger.restarts && !event.restarted })
  }
}

function attached(ledger: Ledger, { epoch, newest, seen }: Event & { type: 'attached' }): Outcome {
  const [top, ...older] = ledger.stretches
  // A channel without messages is known to be empty only if its history was read to the end.
  const keep = top?.held === true && (newest !== '' || top.from === ALL)
  const kept = keep ? [{ ...top, to: newest }, ...older] : older
  const gap = top && seen ? lostAgain(ledger.gap, { key: newest, epoch }) : ledger.gap
  return {
    ledger: {
      ...ledger,
      phase: 'loading',
      stretches: [newStretch(epoch), ...kept],
      gap,
      readings: [],
      judging: false,
    },
    decisions: [...(gap ? [{ do: 'break' as const, gap }] : []), { do: 'hydrate', again: kept.length > 0 }],
  }
}

function began(ledger: Ledger, event: Event & { type: 'began' }): Outcome {
  const [top, ...rest] = ledger.stretches
  if (!top) return only(ledger, { do: 'finish' })
  const known = event.from === 'top' ? ownReader(top) : top.readers.at(-1)
  const cursor = known?.epoch ?? top.epoch
  const { reading: id, from, pages: pagesLeft, reached, more } = event
  const one: Reading = { id, cursor, from, more, pagesLeft, first: true, reached }
  const next = withTop(ledger, ({ readers, unmet }) => ({
    readers: known ? readers : [{ epoch: cursor, exhausted: false }, ...readers],
    unmet: from === 'top' && rest.length === 0 ? !reached : unmet,
  }))
  return goOn({ ...next, readings: [...next.readings, one] }, one)
}

function paged(ledger: Ledger, event: Event & { type: 'page' }): Outcome {
  const { cursor, marks } = event
  const before = ledger.stretches.find((stretch) => readerOf(stretch, cursor))
  const reading = ledger.readings.find(({ id }) => id === event.reading)
  if (!before) return only(ledger)
  const read = withPage(before, cursor, marks)
  const near = joined(ledger.stretches.map((stretch) => (stretch === before ? read : stretch)))
  const enough = near.length === 1 && reading?.from === 'top' && event.enough
  const stretches = enough ? near.map((stretch) => ({ ...stretch, unmet: false })) : near
  const { from, epoch } = stretches.find((stretch) => readerOf(stretch, cursor))!
  const coverage = { from, epoch }
  const again = marks.exhausted ? { from: ALL, epoch: cursor } : undefined
  const wants = reading?.first || (reading && !isMet(ledger, reading, true))
  const one = reading && { ...reading, first: false, reached: reading.reached || event.enough }
  return {
    ledger: {
      ...ledger,
      stretches,
      gap: ledger.gap && covers(coverage, ledger.gap) ? undefined : ledger.gap,
      readings: ledger.readings.map((other) => (other === reading ? one! : other)),
    },
    decisions: [{ do: 'cover', coverage, again }, ...(wants ? [{ do: 'want' as const }] : [])],
  }
}

function weighed(ledger: Ledger, { reading, needsPast, grown }: Event & { type: 'weighed' }): Outcome {
  const before = ledger.readings.find(({ id }) => id === reading)
  if (!before) return only(ledger, { do: 'finish' })
  if (isMet(ledger, before, grown) && !needsPast) return only(ledger, { do: 'finish' })
  const one = { ...before, pagesLeft: before.pagesLeft - 1 }
  return goOn({ ...ledger, readings: ledger.readings.map((other) => (other === before ? one : other)) }, one)
}

function asked(ledger: Ledger): Outcome {
  if (isSettled(ledger) && isLost(ledger)) return only(ledger, { do: 'reread' })
  switch (ledger.phase) {
    case 'detached':
    case 'loading':
      return only(ledger, { do: 'wait' })
    case 'failed': {
      const again = ledger.stretches.length > 1
      return {
        ledger: { ...ledger, phase: 'loading' },
        decisions: [{ do: 'hydrate', again }, { do: 'retry' }],
      }
    }
    case 'bounded':
      return only(ledger, { do: 'resume' })
    case 'whole':
      return only(ledger, { do: 'ask' })
  }
}

/** Ends a reading: the past is `whole`, or `bounded` if something in between is still missing. */
function settled(ledger: Ledger, needsPast: boolean): Ledger {
  const [top] = ledger.stretches
  const short = top?.unmet || ledger.stretches.length > 1 || needsPast
  const exhausted = top && ownReader(top)?.exhausted
  return { ...ledger, phase: short && !exhausted ? 'bounded' : 'whole' }
}

function isMet({ stretches }: Ledger, { from, reached, more }: Reading, grown: boolean): boolean {
  if (from === 'top') return stretches.length === 1 && !stretches[0]!.unmet
  return more ? grown : reached
}

function goOn(ledger: Ledger, { pagesLeft, cursor }: Reading): Outcome {
  const exhausted = ledger.stretches.some((stretch) => readerOf(stretch, cursor)?.exhausted)
  return only(ledger, pagesLeft <= 0 || exhausted ? { do: 'finish' } : { do: 'read', cursor })
}

function withTop(ledger: Ledger, change: (top: Stretch) => Partial<Stretch>): Ledger {
  const [top, ...rest] = ledger.stretches
  return top ? { ...ledger, stretches: [{ ...top, ...change(top) }, ...rest] } : ledger
}

const only = (ledger: Ledger, decision?: Decision): Outcome => ({
  ledger,
  decisions: decision ? [decision] : [],
})
