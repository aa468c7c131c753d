import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { Table } from './table.ts'

const ids = ['a', 'b', 'c', '__proto__', 'constructor']
const change = fc.tuple(
  fc.nat(),
  fc.array(fc.tuple(fc.constantFrom(...ids), fc.option(fc.nat(), { nil: undefined }))),
)

test('every version of a table stays what it was, whichever one the next comes after', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 20 }), (changes) => {
      const versions: [Table<number>, Map<string, number | undefined>][] = [[new Table(), new Map()]]
      for (const [n, entries] of changes) {
        const [table, map] = versions[n % versions.length]!
        versions.push([table.with(new Map(entries)), new Map([...map, ...entries])])
        for (const [version, plain] of versions)
          for (const id of ids) expect(version.get(id)).toBe(plain.get(id))
      }
    }),
  )
})

test('an empty version, which conversations share, leads to none that came after it', () => {
  const empty = new Table<number>()
  let table = empty
  for (let i = 0; i < 1_000; i++) table = table.with(new Map([[`id-${i}`, i]]))
  const sets = vi.spyOn(Map.prototype, 'set').mock.calls
  const other = empty.with(new Map([['id-1', 7]]))
  const { length } = sets
  vi.restoreAllMocks()
  expect([other.get('id-1'), other.get('id-2'), empty.get('id-1'), table.get('id-1')]).toEqual([
    7,
    undefined,
    undefined,
    1,
  ])
  expect(length).toBeLessThanOrEqual(3)
})

test('a change costs the entries that it names', () => {
  let table = new Table<number>()
  const sets = vi.spyOn(Map.prototype, 'set').mock.calls
  for (let i = 0; i < 1_000; i++) table = table.with(new Map([[`id-${i}`, i]]))
  const { length } = sets
  vi.restoreAllMocks()
  expect(table.get('id-0')).toBe(0)
  expect(length).toBeLessThanOrEqual(3_000)
})
