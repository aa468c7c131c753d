import { expect, test } from 'vitest'
import { segmentsOf } from '../web/common/gaps.ts'
import { shownAt } from '../web/common/items.ts'

const gap = (from: number, to: number, missing?: number) => ({ part: 'p', from, to, missing })

test('without gaps the text is one segment', () => {
  expect(segmentsOf('hello', [])).toEqual([{ kind: 'text', text: 'hello', from: 0, uncertain: false }])
  expect(segmentsOf('', [])).toEqual([])
})

test('an exact gap stands between its neighbours', () => {
  expect(segmentsOf('hello', [gap(2, 2, 3)])).toEqual([
    { kind: 'text', text: 'he', from: 0, uncertain: false },
    { kind: 'gap', gap: gap(2, 2, 3) },
    { kind: 'text', text: 'llo', from: 2, uncertain: false },
  ])
})

test('a gap known roughly stands before the range where it may be', () => {
  expect(segmentsOf('hello', [gap(1, 4)])).toEqual([
    { kind: 'text', text: 'h', from: 0, uncertain: false },
    { kind: 'gap', gap: gap(1, 4) },
    { kind: 'text', text: 'ell', from: 1, uncertain: true },
    { kind: 'text', text: 'o', from: 4, uncertain: false },
  ])
})

test('whatever the gaps, every character is shown once', () => {
  const text = 'the quick brown fox'
  for (const gaps of [
    [gap(0, 0, 1), gap(19, 19, 2)],
    [gap(3, 9), gap(5, 5, 1)],
    [gap(3, 5), gap(4, 12)],
    [gap(25, 30, 4)],
  ])
    expect(
      segmentsOf(text, gaps)
        .map((segment) => (segment.kind === 'text' ? segment.text : ''))
        .join(''),
    ).toBe(text)
})

test('a mark that counts the whole text stands where it belongs in what there is of it', () => {
  // "he" + (3 missing) + "llo" + (2 missing)
  const gaps = [gap(2, 2, 3), gap(5, 5, 2)]
  expect([0, 2, 4, 5, 7, 8, 10, 11].map((offset) => shownAt(offset, gaps))).toEqual([0, 2, 2, 2, 4, 5, 5, 6])
})
