import fc from 'fast-check'
import { expect, test } from 'vitest'
import { storable } from './storable.ts'

const unit = fc.constantFrom('a', '\\', 'u0000', '\0', '\ud83d', '\ude00', '😀', '"', '\u2028', '\ufffd')
const text = fc.array(unit).map((units) => units.join(''))

test('leaves no NUL and no lone surrogate anywhere in a value, and all else as it is', () => {
  const { tree } = fc.letrec((tie) => ({
    tree: fc.oneof(
      { maxDepth: 3 },
      text,
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom(null, true),
      fc.array(tie('tree')),
      fc.dictionary(text, tie('tree')),
    ),
  }))
  fc.assert(
    fc.property(tree, (value) => {
      const clean = storable(value)
      const json = JSON.stringify(clean)
      const strings = json.match(/"(?:[^"\\]|\\.)*"/g) ?? []
      for (const one of strings) {
        const string = JSON.parse(one) as string
        expect(string.includes('\0')).toBe(false)
        expect(storable(string)).toBe(string)
      }
      expect(storable(clean)).toBe(clean)
      const bad = /\\u0000|\\ud[89a-f]/i.test(JSON.stringify(value).replaceAll('\\\\', ''))
      if (!bad) expect(clean).toBe(value)
    }),
  )
})

test('keeps the length of a text', () => {
  fc.assert(fc.property(text, (value) => storable(value).length === value.length))
})
