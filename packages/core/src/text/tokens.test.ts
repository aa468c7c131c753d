import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { packKeys, Tokens, unpackKeys } from './tokens.ts'

const key = fc.oneof(
  fc.tuple(fc.nat({ max: 99 }), fc.nat({ max: 9 })).map(([a, b]) => `017267${a}-00${b}@e+bX6:000`),
  // Steps of any size, those that look like a half of a surrogate pair too.
  fc.nat({ max: 999_999 }).map((n) => `0172${String(n).padStart(6, '0')}-000@e+bX6:000`),
  fc.string({ unit: fc.constantFrom('a', 'b', '😀'), maxLength: 5 }),
)
const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 600 }).map((list) => list.sort())

describe('packed tokens', () => {
  test('keys are what they were', () => {
    fc.assert(
      fc.property(keys, (list) => {
        expect(unpackKeys(packKeys(list))).toEqual(list)
      }),
    )
  })

  test('keys that differ in little take little', () => {
    const list = Array.from({ length: 256 }, (_, i) => `${1726585978590 + 20 * i}-000@e+bX6sxqMBcQE:000`)
    expect(packKeys(list).rest).toHaveLength(256)
    const odd = list.map((key, i) => (i === 7 ? key.replace('-000', '-001') : key))
    expect(packKeys(odd).rest.length).toBeLessThan(256 * 10)
    expect(unpackKeys(packKeys(odd))).toEqual(odd)
  })

  test('packed at any time, they part at a key as they did', () => {
    const lengths = fc.infiniteStream(fc.oneof(fc.nat(300), fc.nat(200_000)))
    fc.assert(
      fc.property(keys, lengths, fc.nat(600), key, (list, units, packAt, at) => {
        const plain = list.map((one) => [one, units.next().value as number] as const)
        const tokens = new Tokens()
        plain.forEach(([one, length], i) => {
          if (i === packAt) tokens.pack()
          tokens.add(one, length)
        })
        tokens.pack()
        const sum = (some: typeof plain) => some.reduce((total, [, length]) => total + length, 0)
        const later = plain.filter(([one]) => one > at)
        const { before, length, after, rest } = tokens.part(at)
        expect(length).toBe(plain.find(([one]) => one === at)?.[1])
        expect(rest).toBe(sum(later))
        expect([after.first, after.last]).toEqual([later[0]?.[0], later.at(-1)?.[0]])
        expect(before.last).toBe(plain.findLast(([one]) => one < at)?.[0])
      }),
    )
  })
})
