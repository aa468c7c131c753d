import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pack, Tokens, unpack } from './tokens.ts'

const key = fc.oneof(
  fc.tuple(fc.nat({ max: 99 }), fc.nat({ max: 9 })).map(([a, b]) => `017267${a}-00${b}@e+bX6:000`),
  // Steps of any size, those that look like a half of a surrogate pair too.
  fc.nat({ max: 999_999 }).map((n) => `0172${String(n).padStart(6, '0')}-000@e+bX6:000`),
  fc.string({ unit: fc.constantFrom('a', 'b', '😀'), maxLength: 5 }),
)
const length = fc.oneof(fc.nat(300), fc.nat(200_000))
const keys = fc.uniqueArray(key, { minLength: 1, maxLength: 600 }).map((list) => list.sort())

describe('packed tokens', () => {
  test('are what they were', () => {
    fc.assert(
      fc.property(keys, fc.infiniteStream(length), (list, units) => {
        const tokens = list.map((one) => [one, units.next().value as number] as const)
        const lengths = tokens.map(([, units]) => units)
        expect(unpack(pack(list, lengths))).toEqual(tokens)
      }),
    )
  })

  const size = ({ rest = '', numbers }: ReturnType<typeof pack>) => rest.length + numbers.length
  const lengths = Array.from({ length: 256 }, (_, i) => i % 8)

  test('take little where keys differ in little', () => {
    const list = lengths.map((_, i) => `${1726585978590 + 20 * i}-000@e+bX6sxqMBcQE:000`)
    expect(size(pack(list, lengths))).toBe(514)
    const odd = list.map((key, i) => (i === 7 ? key.replace('-000', '-001') : key))
    expect(size(pack(odd, lengths))).toBeLessThan(256 * 12)
    expect(unpack(pack(odd, lengths)).map(([key]) => key)).toEqual(odd)
  })

  test('take a byte or two each, also where the agent pauses', () => {
    // Ten seconds, a minute.
    const at = (i: number) => 1726585978590 + 100 * i + (i > 99 ? 10_000 : 0) + (i > 199 ? 60_000 : 0)
    const list = lengths.map((_, i) => `${at(i)}-000@e+bX6sxqMBcQE:000`)
    const packed = pack(list, lengths)
    expect(size(packed)).toBeLessThan(522)
    expect(packed.numbers).not.toMatch(/[^\0-\xff]/)
  })

  test('packed at any time, they part at a key as they did', () => {
    fc.assert(
      fc.property(keys, fc.infiniteStream(length), fc.nat(600), key, (list, units, packAt, at) => {
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
