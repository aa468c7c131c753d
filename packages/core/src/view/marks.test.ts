import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Gap, Part, ResponseState } from '../types/types.ts'
import { joinTexts, shownOffset } from './joined.ts'
import { hasMarks, splitMarks, withMarks, withoutMarks } from './marks.ts'
import { connectionNotice, noticesOf } from './notices.ts'

const gap = (from: number, to = from, missing: number | undefined = 1, part = '0'): Gap => ({
  part,
  from,
  to,
  missing,
})

describe('marks', () => {
  test('a gap and its range, and a citation', () => {
    const marked = withMarks('One two three', { gaps: [gap(4, 7)], citations: [{ at: 13, number: 2 }] })
    expect(splitMarks(marked)).toEqual([
      'One ',
      { type: 'gap', index: 0 },
      'two',
      { type: 'gap-end', index: 0 },
      ' three',
      { type: 'citation', number: 2 },
    ])
  })

  test.each([
    ['# Title\nText', 0, '# '],
    ['- item', 1, '- '],
    ['| a | b |\n|---|---|\n| 1 | 2 |', 13, '| a | b '],
    ['```js\ncode', 2, ''],
  ])('in %j at %i a mark breaks no syntax', (text, at, before) => {
    expect(splitMarks(withMarks(text, { citations: [{ at, number: 1 }] }))[0]).toEqual(
      before === '' ? { type: 'citation', number: 1 } : before,
    )
  })

  test('an address, encoded by a parser, loses its marks', () => {
    const marked = withMarks('https://a.test/', { gaps: [gap(15)] })
    expect(withoutMarks(encodeURI(marked))).toBe('https://a.test/')
  })

  test('whatever the text, without its marks it is the text, and every mark is there once', () => {
    const text = fc.array(
      fc.constantFrom('a', ' ', '\n', '|', '# ', '```', '- ', '> ', '\uE0F0', '\uE0F1', 'g1', '1. '),
      { maxLength: 30 },
    )
    // An example: the place for the range's end is found before that of its beginning.
    fc.assert(
      fc.property(
        text,
        fc.array(fc.tuple(fc.nat(40), fc.nat(9))),
        fc.array(fc.nat(40)),
        (pieces, ranges, cited) => {
          const plain = pieces.join('')
          const gaps = ranges.map(([from, length]) =>
            gap(Math.min(from, plain.length), Math.min(from + length, plain.length)),
          )
          const citations = cited.map((at, i) => ({ at: Math.min(at, plain.length), number: i + 1 }))
          const marked = withMarks(plain, { gaps, citations })
          expect(withoutMarks(marked)).toBe(plain.replace(/[\uE0F0\uE0F1]/g, '\uFFFD'))
          expect(hasMarks(marked)).toBe(gaps.length + citations.length > 0)
          const marks = splitMarks(marked).filter((piece) => typeof piece !== 'string')
          const of = (type: string) => marks.filter((mark) => mark.type === type)
          expect(
            of('citation')
              .map((mark) => (mark as { number: number }).number)
              .toSorted((a, b) => a - b),
          ).toEqual(citations.map(({ number }) => number))
          for (const i of gaps.keys()) {
            const begin = marks.findIndex((mark) => mark.type === 'gap' && mark.index === i)
            const end = marks.findIndex((mark) => mark.type === 'gap-end' && mark.index === i)
            expect(begin).toBeGreaterThanOrEqual(0)
            expect(end).toBeGreaterThan(begin)
          }
        },
      ),
      { numRuns: 1_000, examples: [[['|', '\n', '\n', '|'], [[2, 1]], []]] },
    )
  })
})

describe('joined text', () => {
  const text = (id: string, value: string) => ({ id, type: 'text', text: value, state: 'done' }) as Part
  const source = (url: string, more: object = {}) =>
    ({ id: url, type: 'source-url', sourceId: url, url, ...more }) as Part

  test('offsets count in it, each source is numbered once, and what is missing moves a citation', () => {
    const parts = [
      text('0', 'One '),
      source('https://a.test', { textPart: '0', endOffset: 3 }),
      text('2', 'two four'),
      // "three " is missing before "four".
      source('https://b.test', { textPart: '2', endOffset: 14 }),
      source('https://a.test'),
    ]
    expect(joinTexts({ parts, gaps: [gap(4, 4, 6, '2')] })).toEqual({
      text: 'One two four',
      gaps: [gap(8, 8, 6, '2')],
      citations: [
        { at: 3, number: 1 },
        { at: 12, number: 1 },
        { at: 12, number: 2 },
      ],
      sources: [
        { number: 1, part: parts[1] },
        { number: 2, part: parts[3] },
      ],
    })
  })

  test('an offset of the whole text in what there is of it', () => {
    // "he" + (3 missing) + "llo" + (2 missing)
    const gaps = [gap(2, 2, 3), gap(5, 5, 2)]
    expect([0, 2, 4, 5, 7, 8, 10, 11].map((offset) => shownOffset(offset, gaps))).toEqual([
      0, 2, 2, 2, 4, 5, 5, 6,
    ])
  })
})

describe('notices', () => {
  const plain = { status: 'complete', gaps: [], hasGap: false, verified: false } as const
  test.each<[string, Partial<ResponseState>, object[]]>([
    ['nothing', {}, []],
    ['verified', { verified: true }, [{ reason: 'verified', tone: 'good' }]],
    [
      'a gap',
      { hasGap: true, gaps: [gap(0, 0, 4)], healed: 9 },
      [{ reason: 'gap', tone: 'warning', characters: 4 }],
    ],
    ['healed', { healed: 9 }, [{ reason: 'healed', tone: 'good', characters: 9 }]],
    ['cut', { finishReason: 'length' }, [{ reason: 'length', tone: 'warning' }]],
    [
      'failed',
      { status: 'error', error: { message: 'No' } },
      [{ reason: 'error', tone: 'error', message: 'No' }],
    ],
    ['waiting', { status: 'suspended' }, [{ reason: 'suspended', tone: 'neutral' }]],
    ['left', { status: 'interrupted', verified: true }, [{ reason: 'interrupted', tone: 'warning' }]],
  ])('%s', (_name, more, expected) => expect(noticesOf({ ...plain, ...more })).toEqual(expected))

  test('a connection', () => {
    expect(connectionNotice({ status: 'live', hydration: 'running' })).toEqual({
      reason: 'catching-up',
      tone: 'busy',
    })
    expect(connectionNotice({ status: 'suspended', hydration: 'whole' })).toEqual({
      reason: 'suspended',
      tone: 'warning',
    })
  })
})
