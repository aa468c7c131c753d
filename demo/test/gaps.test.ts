import { expect, test } from 'vitest'
import { shownAt } from '../web/common/items.ts'

const gap = (from: number, to: number, missing: number) => ({ part: 'p', from, to, missing })

test('a mark that counts the whole text stands where it belongs in what there is of it', () => {
  // "he" + (3 missing) + "llo" + (2 missing)
  const gaps = [gap(2, 2, 3), gap(5, 5, 2)]
  expect([0, 2, 4, 5, 7, 8, 10, 11].map((offset) => shownAt(offset, gaps))).toEqual([0, 2, 2, 2, 4, 5, 5, 6])
})
