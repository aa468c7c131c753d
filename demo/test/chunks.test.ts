import fc from 'fast-check'
import { expect, test } from 'vitest'
import { chunksOf } from '../web/common/chunks.ts'

test('chunks are short, and together they are the text', () => {
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom('a', ' ', '\\', '日', '🙂', 'م', '\n'), { maxLength: 3000 }),
      (all) => {
        const text = all.join('')
        const chunks = chunksOf(text)
        expect(chunks.join('')).toBe(text)
        for (const chunk of chunks) expect(chunk.length).toBeLessThanOrEqual(256)
      },
    ),
  )
})

test('a text is cut between words, and not inside of an emoji', () => {
  expect(chunksOf('word '.repeat(200)).every((chunk) => chunk === '' || /^(?:word )+$/.test(chunk))).toBe(
    true,
  )
  expect(chunksOf(`x${'a🙂'.repeat(500)}`).every((chunk) => !/^[\uDC00-\uDFFF]/.test(chunk))).toBe(true)
  expect(chunksOf('short')).toEqual(['short'])
})
