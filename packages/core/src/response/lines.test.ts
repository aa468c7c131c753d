import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { entryOf } from '../../test/model/plainPath.ts'
import type { Place } from '../../test/model/plainPath.ts'
import { keyOf } from './entry.ts'
import type { Entry } from './entry.ts'
import { noLines } from './lines.ts'
import type { Lines } from './lines.ts'

const entry = (n: number, more: Place = {}): Entry =>
  entryOf({ id: `r${n}`, role: 'assistant', createdAt: n, ...more })

/** Serials of one length, in the order of their numbers. */
const serialOf = (n: number) => String(n).padStart(6, '0')

const changesOf = (entries: readonly Entry[], gone: readonly Entry[] = []) =>
  new Map<string, Entry | undefined>([
    ...entries.map((one) => [keyOf(one), one] as const),
    ...gone.map((one) => [keyOf(one), undefined] as const),
  ])

const idsOf = (lines: Lines) => lines.shown.refs.map(({ id }) => id)

/** Some lines by their numbers, each at a place, or (undefined) taken out. */
const step = fc.array(fc.tuple(fc.nat(2_000), fc.option(fc.nat(100_000), { nil: undefined })), {
  maxLength: 700,
})

describe('lines', () => {
  test('are those of a sorted array, through any changes; older versions stay as they were', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 8 }), (steps) => {
        const plain = new Map<string, Entry>()
        let lines = noLines
        const versions: [Lines, string[]][] = []
        for (const changes of steps) {
          const entries = changes.flatMap(([n, at]) =>
            at === undefined ? [] : [entry(n, { createdAt: at + 1, serial: serialOf(at) })],
          )
          const gone = changes.flatMap(([n, at]) => (at === undefined ? [entry(n)] : []))
          const batch = changesOf(entries, gone)
          lines = lines.with(batch)
          for (const [key, one] of batch)
            if (one) plain.set(key, one)
            else plain.delete(key)
          const places = [...lines.from(0)].map(({ serial }) => serial)
          expect(places).toEqual([...plain.values()].map(({ serial }) => serial).sort())
          expect(idsOf(lines).sort()).toEqual([...plain.values()].map(({ id }) => id).sort())
          expect(lines.length).toBe(plain.size)
          expect(lines.chunks.every(({ length }) => length > 0 && length <= 512)).toBe(true)
          versions.push([lines, idsOf(lines)])
        }
        for (const [version, ids] of versions) expect(idsOf(version)).toEqual(ids)
      }),
      { numRuns: 60 },
    )
  })

  test('one by one or at once, in any order: the same', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray([...Array(1_500).keys()], { minLength: 1_000 }), (numbers) => {
        const entries = numbers.map((n) => entry(n, { createdAt: n + 1 }))
        let single = noLines
        for (const one of entries) single = single.with(changesOf([one]))
        expect(idsOf(single)).toEqual(idsOf(noLines.with(changesOf(entries))))
      }),
      { numRuns: 20 },
    )
  })

  test('what shows is the same object until it changes', () => {
    const lines = noLines.with(changesOf([1, 2, 3].map((n) => entry(n))))
    const told = lines.with(changesOf([entry(2, { serial: serialOf(2) })]))
    expect(told).not.toBe(lines)
    expect(told.shown).toBe(lines.shown)
    expect(lines.with(changesOf([entry(2)]))).toBe(lines)
    expect(lines.with(changesOf([entry(2, { createdAt: 9 })])).shown).not.toBe(lines.shown)
  })

  test('a line that moves keeps its ref; one that goes leaves the others', () => {
    const lines = noLines.with(changesOf([1, 2, 3].map((n) => entry(n))))
    const [first] = lines.shown.refs
    const moved = lines.with(changesOf([entry(1, { createdAt: 9 })], [entry(2)]))
    expect(idsOf(moved)).toEqual(['r3', 'r1'])
    expect(moved.shown.last).toBe(first)
  })

  test.each(['appended', 'put before all'])('100,000 lines: what is %s copies a bounded part', (where) => {
    let lines = noLines.with(changesOf(Array.from({ length: 100_000 }, (_, i) => entry(i + 1_000))))
    for (let i = 0; i < 1_000; i++) {
      const before = new Set(lines.chunks)
      const at = where === 'appended' ? 200_000 + i : 1_000 - i
      lines = lines.with(changesOf([entry(300_000 + i, { createdAt: at })]))
      const copied = lines.chunks.filter((chunk) => !before.has(chunk))
      expect(copied.reduce((sum, { length }) => sum + length, 0)).toBeLessThanOrEqual(513)
    }
    expect(lines.chunks.length).toBeLessThan(250)
  })
})

test('no two lines go by one name, whatever their ids', () => {
  const id = fc.string({ unit: fc.constantFrom('\u0000', '\u0001', '\u0002', 'a'), maxLength: 3 })
  const line = fc.record({ role: fc.constantFrom('user' as const, 'assistant' as const), id })
  fc.assert(
    fc.property(line, line, (a, b) => {
      expect(keyOf(a) === keyOf(b)).toBe(a.role === b.role && a.id === b.id)
    }),
  )
})
