import fc from 'fast-check'
import { expect, test } from 'vitest'
import { differences } from '../web/common/proof/differ.ts'

test.each([
  ['the same', 'the same', 0],
  ['a lost piece', 'a piece', 5],
  ['twice', 'twicetwice', 5],
  ['', 'all of it', 9],
  ['one two three', 'one 2 three', 4],
])('%j and %j', (text, other, count) => {
  expect(differences(text, other)).toBe(count)
})

test('what is lost is counted, wherever it is lost', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 20, maxLength: 300 }), fc.nat(9), fc.nat(9), (text, at, length) => {
      const other = text.slice(0, at) + text.slice(at + length)
      expect(differences(text, other)).toBe(text.length - other.length)
      expect(differences(other, text)).toBe(text.length - other.length)
    }),
  )
})

test('of very much only the size is told, without the work', () => {
  expect(differences('a'.repeat(100_000), 'b'.repeat(90_000))).toBeGreaterThanOrEqual(400)
})
