import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePartialJson } from './partialJson.ts'

/** Whether `part` is `whole` with something left out at the end. */
function begins(part: unknown, whole: unknown): boolean {
  if (typeof part === 'string') return typeof whole === 'string' && whole.startsWith(part)
  if (Array.isArray(part))
    return Array.isArray(whole) && part.length <= whole.length && part.every((p, i) => begins(p, whole[i]))
  if (typeof part === 'object' && part !== null)
    return (
      typeof whole === 'object' &&
      whole !== null &&
      Object.entries(part).every(
        ([key, value]) => Object.hasOwn(whole, key) && begins(value, (whole as Record<string, unknown>)[key]),
      )
    )
  return Object.is(part, whole) || part === whole
}

const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true })

test('any beginning of a JSON object parses to a beginning of its value', () => {
  fc.assert(
    fc.property(json, fc.nat(), (value, n) => {
      const text = JSON.stringify(value)
      const part = parsePartialJson(text.slice(0, n % (text.length + 1)))
      expect(part === undefined || begins(part, JSON.parse(text))).toBe(true)
      expect(parsePartialJson(text)).toEqual(JSON.parse(text))
    }),
    { numRuns: 5_000 },
  )
})

test('examples', () => {
  expect(parsePartialJson('{"city":"Ro')).toEqual({ city: 'Ro' })
  expect(parsePartialJson('{"city":"Rome","da')).toEqual({ city: 'Rome' })
  expect(parsePartialJson('{"city":"Rome","days":1')).toEqual({ city: 'Rome' })
  expect(parsePartialJson('{"a":[1,2')).toEqual({ a: [1] })
  expect(parsePartialJson('{"a":"x\\')).toEqual({ a: 'x' })
  expect(parsePartialJson('{"a":"x\\u00')).toEqual({ a: 'x' })
  expect(parsePartialJson('{')).toEqual({})
  expect(parsePartialJson('')).toBeUndefined()
  expect(parsePartialJson('nonsense')).toBeUndefined()
})
