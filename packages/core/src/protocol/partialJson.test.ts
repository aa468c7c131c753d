import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MAX_DEPTH } from './depth.ts'
import { PartialJson, readJson } from './partialJson.ts'

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

const valueOf = (text: string): unknown => {
  const parsing = new PartialJson()
  parsing.push(text)
  return parsing.value
}

const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true })

test('any beginning of a JSON object parses to a beginning of its value', () => {
  fc.assert(
    fc.property(json, fc.nat(), (value, n) => {
      const text = JSON.stringify(value)
      const part = valueOf(text.slice(0, n % (text.length + 1)))
      expect(part === undefined || begins(part, JSON.parse(text))).toBe(true)
      expect(readJson(text)).toEqual({ value: JSON.parse(text) })
    }),
    { numRuns: 5_000 },
  )
})

test('examples', () => {
  expect(valueOf('{"city":"Ro')).toEqual({ city: 'Ro' })
  expect(valueOf('{"city":"Rome","da')).toEqual({ city: 'Rome' })
  expect(valueOf('{"city":"Rome","days":1')).toEqual({ city: 'Rome' })
  expect(valueOf('{"a":[1,2')).toEqual({ a: [1] })
  expect(valueOf('{"a":"x\\')).toEqual({ a: 'x' })
  expect(valueOf('{"a":"x\\u00')).toEqual({ a: 'x' })
  expect(valueOf('{')).toEqual({})
  expect(valueOf('')).toBeUndefined()
  expect(valueOf('nonsense')).toBeUndefined()
})

test('in pieces of any size, each state is a beginning of the next, and the last is what JSON.parse says', () => {
  fc.assert(
    fc.property(json, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }), (value, sizes) => {
      const text = JSON.stringify(value)
      const parsing = new PartialJson()
      let before: unknown
      for (let at = 0, i = 0; at < text.length; i++) {
        const size = sizes[i % sizes.length]!
        parsing.push(text.slice(at, (at += size)))
        const now = parsing.value
        // Plain comparisons: there are a million of them.
        if (before !== undefined && !begins(before, now))
          throw new Error(`${JSON.stringify(before)} is no beginning of ${JSON.stringify(now)}`)
        before = structuredClone(now)
        if (parsing.value !== now) expect(parsing.value).toBe(now)
      }
      expect(parsing.value).toEqual(JSON.parse(text))
      expect(parsing.complete).toBe(true)
    }),
    { numRuns: 3_000 },
  )
})

test('what is no JSON has no value, and never throws', () => {
  const close = fc.constantFrom(
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '\\',
    'u00',
    '1',
    '-',
    'e',
    'true',
    ' ',
    'x',
  )
  fc.assert(
    fc.property(fc.array(close, { maxLength: 20 }), (pieces) => {
      const text = pieces.join('')
      let valid = true
      try {
        JSON.parse(text)
      } catch {
        valid = false
      }
      const parsing = new PartialJson()
      for (const piece of pieces) parsing.push(piece)
      if (valid) expect(readJson(text)).toEqual({ value: JSON.parse(text) })
      else expect(readJson(text)).toEqual({ error: parsing.error ?? 'invalid' })
      if (parsing.error) expect(parsing.value).toBeUndefined()
    }),
    { numRuns: 20_000 },
  )
})

test('nesting has a limit that shows, and never costs more than its text', () => {
  for (const open of ['[', '{"a":', '[{"a":[']) {
    const parsing = new PartialJson()
    parsing.push(open.repeat(MAX_DEPTH + 1))
    expect([parsing.error, parsing.value]).toEqual(['too deep', undefined])
    parsing.push(open.repeat(100_000))
    expect(parsing.error).toBe('too deep')
  }
  expect(valueOf('['.repeat(MAX_DEPTH))).toBeDefined()
})

test('a large flat value is copied a bounded number of times for each character', () => {
  const parsing = new PartialJson()
  const seen = new Set<unknown>()
  let copied = 0
  parsing.push('{"list":[')
  for (let i = 0; i < 2_000; i++) {
    parsing.push('1,'.repeat(100))
    const { value } = parsing
    if (!seen.has(value)) copied += (value as { list?: unknown[] }).list?.length ?? 0
    seen.add(value)
  }
  expect(copied).toBeLessThan(10 * 2_000 * 200)
  expect(seen.size).toBeGreaterThan(10)
  parsing.push('1]}')
  expect((parsing.value as { list: unknown[] }).list).toHaveLength(200_001)
})
