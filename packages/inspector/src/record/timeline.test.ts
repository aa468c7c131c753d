import { expect, test } from 'vitest'
import { BEAT, LONGEST } from './beats.ts'
import { Timeline } from './timeline.ts'

/** A timeline whose clock stands still until the test moves it. */
function world() {
  const clock = { now: 1_000_000, changes: 0 }
  const timeline = new Timeline(
    () => clock.changes++,
    () => clock.now,
  )
  const arrives = (text: string, key = 'k') =>
    timeline.message('arrived', {
      kind: 'message',
      what: 'token',
      text: 'r',
      size: text.length,
      raw: text,
      key,
    })
  return { clock, timeline, arrives }
}

test('messages of the same kind, one after the other, are one row with the newest of them', () => {
  const { timeline, arrives } = world()
  for (let i = 0; i < 57; i++) arrives(`${i % 10}`)
  timeline.tell({ kind: 'gap', what: 'gap', text: '7 characters missing', raw: {} })
  arrives('after')
  expect(timeline.rows.map(({ what, count, size }) => [what, count, size])).toEqual([
    ['token', 57, 57],
    ['gap', 1, 0],
    ['token', 1, 5],
  ])
  expect(timeline.rows[0]!.raws).toHaveLength(20)
  expect(timeline.rows[0]!.raws.at(-1)!.value).toBe('6')
})

test('however much comes, so many rows, raw messages, spans and marks are kept, and no more', () => {
  const { clock, timeline, arrives } = world()
  const large = 'x'.repeat(50_000)
  for (let i = 0; i < 3_000; i++) {
    clock.now += 100
    arrives(large, `k${i}`)
    timeline.begin('gap', `r${i}`, 'missing', { kind: 'gap', what: 'gap', text: '', raw: {} })
    timeline.mark(`mark ${i}`)
    timeline.publish({ id: `p${i}`, what: 'append', characters: 1, fate: 'waiting' })
  }
  expect(timeline.rows.length).toBe(300)
  expect(timeline.spans.all.length).toBe(200)
  expect(timeline.marks.length).toBe(50)
  const kept = timeline.rows.flatMap(({ raws }) => raws.map(({ size }) => size))
  expect(kept.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(2_000_000)
  expect(timeline.rows.at(-1)!.raws).toHaveLength(1)
  expect(timeline.beats.since(0, clock.now).length).toBeLessThanOrEqual((2 * LONGEST) / BEAT)
  expect(timeline.totals.messages).toBe(3_000)
})

test('rates are those of the last five seconds', () => {
  const { clock, timeline, arrives } = world()
  for (let i = 0; i < 50; i++) {
    arrives('four')
    clock.now += 100
  }
  expect(timeline.rate.messages).toBeGreaterThanOrEqual(9)
  expect(timeline.rate.messages).toBeLessThanOrEqual(10)
  expect(timeline.rate.size).toBe(timeline.rate.messages * 4)
  clock.now += 6_000
  expect(timeline.rate).toEqual({ messages: 0, size: 0 })
})

test('a publish stands where it was sent, whatever its fate and however late one hears', () => {
  const { clock, timeline } = world()
  const fates = () => timeline.beats.since(0, clock.now).map(({ at, fate, count }) => [at, fate, count])
  const publish = { id: 'p', what: 'append', characters: 7 }
  const sent = clock.now
  timeline.publish({ ...publish, fate: 'waiting' })
  expect(fates()).toEqual([[sent, 'waiting', 1]])
  clock.now += 2_000
  timeline.publish({ ...publish, fate: 'refused' })
  expect(fates()).toEqual([[sent, 'refused', 1]])
  expect(timeline.totals).toMatchObject({ publishes: 1, refused: 1 })
})

test('a slot of time that comes again, five minutes later, begins empty', () => {
  const { clock, timeline, arrives } = world()
  arrives('one')
  clock.now += LONGEST
  arrives('two')
  expect(timeline.beats.since(clock.now - LONGEST, clock.now)).toHaveLength(1)
  // A report about a time long past does not change newer spans.
  timeline.publish({ id: 'p', at: clock.now - LONGEST, what: 'x', characters: 1, fate: 'stored' })
  expect(timeline.beats.since(clock.now, clock.now).map(({ fate }) => fate)).toEqual(['arrived'])
})

test('clear forgets what is over, and not what is still open', () => {
  const { timeline, arrives } = world()
  const told = { kind: 'gap', what: 'gap', text: '', raw: {} } as const
  timeline.begin('gap', 'r', 'missing', told)
  timeline.begin('gap', 's', 'missing', told)
  timeline.end('gap', 's', undefined, told)
  arrives('text')
  timeline.clear()
  expect(timeline.spans.all.map(({ key }) => key)).toEqual(['r'])
  expect(timeline.rows).toEqual([])
  expect(timeline.totals.messages).toBe(0)
})
