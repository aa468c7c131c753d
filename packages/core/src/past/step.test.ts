import { withoutOldest } from './letGo.ts'
import type { LetGo } from './letGo.ts'
import { describe, expect, test } from 'vitest'
import { begins, beginsTurn, emptyLedger, hydrationOf, untilOf } from './ledger.ts'
import type { Ledger, Phase } from './ledger.ts'
import { step } from './step.ts'
import type { Decision, Event } from './step.ts'
import { ALL, NONE } from './stretch.ts'
import type { PageMarks } from './stretch.ts'

const page = (oldest: string, more: Partial<PageMarks> = {}): PageMarks => ({
  oldest,
  heads: NONE,
  prompts: NONE,
  exhausted: false,
  ...more,
})

/** The ledger after some events, and what it decided last. */
function after(
  events: readonly Event[],
  from: Ledger = emptyLedger,
): { ledger: Ledger; told: Decision['do'][] } {
  let outcome = { ledger: from, decisions: [] as readonly Decision[] }
  for (const event of events) outcome = step(outcome.ledger, event)
  return { ledger: outcome.ledger, told: outcome.decisions.map((decision) => decision.do) }
}

const attached = (epoch: number, newest = ''): Event => ({
  type: 'attached',
  epoch,
  newest,
  seen: newest !== '',
})
const began = (reading: number): Event => ({
  type: 'began',
  reading,
  from: 'top',
  pages: 3,
  reached: true,
  more: false,
})
const read = (cursor: number, marks: PageMarks, reading = cursor): Event[] => [
  { type: 'page', reading, cursor, marks, enough: false },
  { type: 'weighed', reading, needsPast: false, grown: false },
]
const loaded = (needsPast = false): Event => ({ type: 'loaded', needsPast, begins: NONE })
const stopped = (reading: number): Event => ({ type: 'stopped', reading })

const loading = [attached(1), began(1)]
const phases: Record<Phase, Ledger> = {
  detached: emptyLedger,
  loading: after(loading).ledger,
  whole: after([...loading, ...read(1, page('1', { exhausted: true })), stopped(1), loaded()]).ledger,
  bounded: after([...loading, ...read(1, page('5')), stopped(1), loaded(true)]).ledger,
  failed: after([...loading, stopped(1), { type: 'failed' }]).ledger,
}

const events: { [Type in Event['type']]: Extract<Event, { type: Type }> } = {
  attached: { type: 'attached', epoch: 2, newest: '9', seen: true },
  began: { type: 'began', reading: 2, from: 'bottom', pages: 2, reached: true, more: true },
  page: { type: 'page', reading: 1, cursor: 1, marks: page('3'), enough: false },
  weighed: { type: 'weighed', reading: 1, needsPast: true, grown: false },
  stopped: { type: 'stopped', reading: 1 },
  rewound: { type: 'rewound' },
  loaded: { type: 'loaded', needsPast: false, begins: NONE },
  failed: { type: 'failed' },
  stranger: { type: 'stranger' },
  older: { type: 'older' },
  ended: { type: 'ended', needsPast: false, judged: true },
  told: { type: 'told', hasOlder: true },
}

type Cell = readonly [phase: Phase, ...decisions: Decision['do'][]]

/** What each event makes of each phase, and what is to be done. It does not compile when a case is missing. */
const table = {
  detached: {
    attached: ['loading', 'hydrate'],
    began: ['detached', 'finish'],
    page: ['detached'],
    weighed: ['detached', 'finish'],
    stopped: ['detached'],
    rewound: ['detached'],
    loaded: ['detached'],
    failed: ['detached'],
    stranger: ['detached'],
    older: ['detached', 'wait'],
    ended: ['detached'],
    told: ['detached'],
  },
  loading: {
    attached: ['loading', 'break', 'hydrate'],
    began: ['loading', 'read'],
    page: ['loading', 'cover', 'want'],
    weighed: ['loading', 'read'],
    stopped: ['loading'],
    rewound: ['loading', 'want'],
    loaded: ['whole'],
    failed: ['failed'],
    stranger: ['loading'],
    older: ['loading', 'wait'],
    ended: ['loading'],
    told: ['loading'],
  },
  whole: {
    attached: ['loading', 'break', 'hydrate'],
    began: ['whole', 'finish'],
    // Late, of a reading that is over: what it tells counts.
    page: ['whole', 'cover'],
    weighed: ['whole', 'finish'],
    stopped: ['whole'],
    rewound: ['whole'],
    loaded: ['whole'],
    failed: ['whole'],
    stranger: ['whole'],
    older: ['whole', 'ask'],
    ended: ['whole'],
    told: ['whole'],
  },
  bounded: {
    attached: ['loading', 'break', 'hydrate'],
    began: ['bounded', 'read'],
    page: ['bounded', 'cover'],
    weighed: ['bounded', 'finish'],
    stopped: ['bounded'],
    rewound: ['bounded'],
    loaded: ['bounded'],
    failed: ['bounded'],
    stranger: ['bounded', 'judge'],
    older: ['bounded', 'resume'],
    ended: ['whole'],
    told: ['bounded'],
  },
  failed: {
    attached: ['loading', 'break', 'hydrate'],
    began: ['failed', 'read'],
    page: ['failed', 'cover'],
    weighed: ['failed', 'finish'],
    stopped: ['failed'],
    rewound: ['failed'],
    loaded: ['failed'],
    failed: ['failed'],
    stranger: ['failed'],
    older: ['loading', 'hydrate', 'retry'],
    ended: ['failed'],
    told: ['failed'],
  },
} satisfies Record<Phase, Record<Event['type'], Cell>>

const cells = Object.entries(table).flatMap(([phase, row]) =>
  Object.entries(row).map(([event, cell]) => [phase as Phase, event as Event['type'], cell as Cell] as const),
)

test.each(cells)('%s: %s', (phase, type, [next, ...decisions]) => {
  const before = phases[phase]
  expect(before.phase).toBe(phase)
  const { ledger, told } = after([events[type]], before)
  expect([ledger.phase, ...told]).toEqual([next, ...decisions])
})

describe('stretches', () => {
  const lost = [...loading, ...read(1, page('4')), stopped(1), loaded(), attached(2, '6'), began(2)]

  test('join where a reading reaches what was known, and nothing is missing any more', () => {
    const short = after([...lost, ...read(2, page('7'))])
    expect(short.ledger).toMatchObject({
      stretches: [{ from: '7' }, { from: '4', to: '6' }],
      gap: { key: '6' },
    })
    expect(short.told).toEqual(['read'])
    const all = after(read(2, page('6')), short.ledger)
    expect(all.ledger).toMatchObject({ stretches: [{ from: '4', to: NONE }], gap: undefined })
    expect(all.told).toEqual(['finish'])
  })

  test('that do not join are bounded, and kept when continuity is lost once more', () => {
    const { ledger } = after([...lost, ...read(2, page('8')), stopped(2), loaded(), attached(3, '9')])
    expect(ledger.stretches.map(({ from, to }) => [from, to])).toEqual([
      [NONE, NONE],
      ['8', '9'],
      ['4', '6'],
    ])
    expect(ledger.gap).toEqual({ key: '6', epoch: 3 })
    const { ledger: joined } = after([began(3), ...read(3, page('9'))], ledger)
    expect(joined.stretches.map(({ from, to }) => [from, to])).toEqual([
      ['8', NONE],
      ['4', '6'],
    ])
  })

  test('of which nothing was heard are known only to be empty, when they were read to their end', () => {
    const empty = [...loading, ...read(1, page(NONE, { exhausted: true })), stopped(1), loaded(), attached(2)]
    expect(after(empty).ledger.stretches).toHaveLength(2)
    expect(after([attached(1), loaded(), attached(2)]).ledger.stretches).toHaveLength(1)
  })

  test('grow by what a reading brings late, but not by one of a stretch that was dropped', () => {
    expect(after([...lost, ...read(1, page('2'))]).ledger.stretches[1]).toMatchObject({ from: '2', to: '6' })
    const dropped = after([...loading, attached(2, '6')]).ledger
    expect(after(read(1, page('2')).slice(0, 1), dropped)).toEqual({ ledger: dropped, told: [] })
  })
})

test('what the hydrator asked for stays unread, though a search for beginnings reads no further', () => {
  const reached = { ...began(1), reached: false } as Event
  const bounded = after([attached(1), reached, ...read(1, page('5')), stopped(1), loaded()]).ledger
  expect(bounded.phase).toBe('bounded')
  const search = { ...began(2), from: 'bottom' } as Event
  const { ledger } = after(
    [{ type: 'stranger' }, search, ...read(1, page('4'), 2), stopped(2), events.ended],
    bounded,
  )
  expect(ledger.phase).toBe('bounded')
})

describe('what was let go', () => {
  const span: LetGo = { oldest: '4', newest: '7', until: 70, cursor: -1, restarts: true }
  const short = withoutOldest(phases.whole, span)

  test('is older, and its history is read again from its newest message on, as far as it was known', () => {
    expect(hydrationOf(phases.whole, true).hasOlder).toBe(false)
    expect(hydrationOf(short, true).hasOlder).toBe(true)
    expect(begins(short, '7', true)).toBe(false)
    expect(begins(short, '8', true)).toBe(true)
    expect(after([{ type: 'older' }], short).told).toEqual(['reread'])
    const one = after([{ ...began(2), from: 'bottom', reached: false, more: true } as Event], short)
    expect(untilOf(one.ledger, -1)).toBe(70)
    const page6 = after(read(-1, page('6'), 2), one.ledger)
    expect(after([{ type: 'older' }], page6.ledger).told).toEqual(['reread'])
    const page4 = after(read(-1, page('4'), 2), page6.ledger)
    expect(after([{ type: 'older' }], page4.ledger).told).toEqual(['ask'])
  })

  test('is older until the hydrator has begun anew, whatever it says of its place', () => {
    const reread = after(
      [...read(-1, page('1', { exhausted: true })), { type: 'told', hasOlder: false }],
      short,
    )
    expect(hydrationOf(reread.ledger, true).hasOlder).toBe(true)
    const { ledger } = after([{ type: 'told', hasOlder: false, restarted: true }], reread.ledger)
    expect(hydrationOf(ledger, true).hasOlder).toBe(false)
  })

  test('before goes on after what was let go since: its history is read from the newest of both', () => {
    const ledger = withoutOldest(short, { ...span, newest: '6', until: 60, cursor: -2 })
    expect(untilOf(ledger, -2)).toBe(70)
    expect(begins(ledger, '7', true)).toBe(false)
  })

  test('stays so when continuity is lost', () => {
    const { ledger } = after([attached(2, '9'), began(2), ...read(2, page('9')), stopped(2), loaded()], short)
    expect(ledger.stretches).toMatchObject([{ from: '7', lost: '4' }])
    expect(after([{ type: 'older' }], ledger).told).toEqual(['reread'])
  })

  test('lets a message that goes on with it tell nothing of its start', () => {
    const ledger = withoutOldest(short, { ...span, newest: '8', until: 0 })
    expect(begins(ledger, '8', false)).toBe(false)
    expect(ledger.stretches[0]!.readers).toEqual(short.stretches[0]!.readers)
  })
})

describe('beginnings', () => {
  const { ledger } = after([
    ...loading,
    ...read(1, page('2', { heads: '5', prompts: '3' })),
    stopped(1),
    loaded(),
  ])

  test('are known where enough of what comes before them was read', () => {
    expect(['1', '3', '5', '6'].map((serial) => begins(ledger, serial, false))).toEqual([
      false,
      false,
      false,
      true,
    ])
    expect(['2', '3', '4'].map((serial) => beginsTurn(ledger, serial))).toEqual([false, false, true])
  })

  test('of what is heard now are known when its stretch is', () => {
    expect(begins(ledger, '9', true)).toBe(true)
    const { ledger: lost } = after([attached(2, '8')], ledger)
    expect(begins(lost, '9', true)).toBe(false)
    expect(begins(lost, '7', false)).toBe(true)
  })

  test('are where the channel begins', () => {
    const { ledger: all } = after([...loading, ...read(1, page('2', { exhausted: true }))])
    expect(all.stretches[0]).toMatchObject({ from: ALL, heads: ALL })
    expect(begins(all, '2', false)).toBe(true)
  })
})

test.each<[Phase, boolean]>([
  ['detached', false],
  ['loading', true],
  ['whole', false],
  ['bounded', true],
  ['failed', true],
])('hasOlder of %s', (phase, hasOlder) => {
  expect(hydrationOf(phases[phase], true).hasOlder).toBe(hasOlder)
})
