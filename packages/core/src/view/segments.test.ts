import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Gap } from '../types/types.ts'
import { followHealed } from './healed.ts'
import type { Healed } from './healed.ts'
import { missingIn, segmentsOf } from './segments.ts'

const gap = (from: number, to = from, missing: number | undefined = 1): Gap => ({
  part: '0',
  from,
  to,
  missing,
})

const brief = (text: string, gaps: Gap[], healed: { from: number; to: number }[] = []): string =>
  segmentsOf(text, gaps, healed)
    .map((segment) => {
      if (segment.type === 'gap') return `<${segment.gap.missing}>`
      return segment.uncertain ? `(${segment.text})` : segment.healed ? `[${segment.text}]` : segment.text
    })
    .join('|')

describe('segments', () => {
  test.each<[string, Gap[], string]>([
    ['hello', [], 'hello'],
    ['', [], ''],
    ['', [gap(0)], '<1>'],
    ['hello', [gap(2, 2, 3)], 'he|<3>|llo'],
    ['hello', [gap(5, 5, 3)], 'hello|<3>'],
    ['hello', [gap(1, 4)], 'h|<1>|(ell)|o'],
    ['hello', [gap(1, 3), gap(2, 4, 9)], 'h|<1>|(e)|<9>|(ll)|o'],
    // A gap beyond what is shown.
    ['hello', [gap(3, 9)], 'hel|<1>|(lo)'],
  ])('%s', (text, gaps, expected) => expect(brief(text, gaps)).toBe(expected))

  test('healed text', () => {
    expect(brief('hello', [], [{ from: 1, to: 3 }])).toBe('h|[el]|lo')
    expect(missingIn([gap(0, 0, 2), gap(4, 5, 3)])).toBe(5)
    expect(missingIn([gap(0), { ...gap(2), missing: undefined }])).toBeUndefined()
  })

  test('joined they are the text, with each gap once, and each character as it should be', () => {
    const range = fc.tuple(fc.nat(14), fc.nat(5)).map(([from, length]) => ({ from, to: from + length }))
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.array(range), fc.array(range), (text, ranges, healed) => {
        const gaps = ranges.map(({ from, to }) => gap(from, to))
        const segments = segmentsOf(text, gaps, healed)
        const texts = segments.filter((segment) => segment.type === 'text')
        expect(texts.map((segment) => segment.text).join('')).toBe(text)
        const found = segments.filter((segment) => segment.type === 'gap')
        expect(found.map((segment) => segment.gap)).toEqual(gaps.toSorted((a, b) => a.from - b.from))
        for (const segment of found) expect(segment.from).toBe(Math.min(segment.gap.from, text.length))
        for (const { from, to, text: piece, ...kind } of texts) {
          expect(text.slice(from, to)).toBe(piece)
          for (let at = from; at < to; at++) {
            const at1 = (one: { from: number; to: number }) => one.from <= at && at < one.to
            expect(kind).toEqual({ type: 'text', uncertain: gaps.some(at1), healed: healed.some(at1) })
          }
        }
        // Nothing is cut without a reason.
        segments.forEach((segment, i) => {
          const next = segments[i + 1]
          if (segment.type !== 'text' || next?.type !== 'text') return
          expect([next.uncertain, next.healed]).not.toEqual([segment.uncertain, segment.healed])
        })
      }),
      { numRuns: 1_000 },
    )
  })
})

/** An agent's text, cut: which pieces are missing. */
const cutText = fc.array(
  fc.tuple(fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom('a', 'b', 'c') }), fc.boolean()),
  {
    minLength: 1,
    maxLength: 8,
  },
)

describe('healed text', () => {
  const shown = (pieces: readonly (readonly [string, boolean])[], wide: number) => {
    let text = ''
    const gaps: Gap[] = []
    for (const [piece, isMissing] of pieces)
      if (!isMissing) text += piece
      else gaps.push(gap(Math.max(gaps.at(-1)?.to ?? 0, text.length - wide), text.length, piece.length))
    return { text, gaps }
  }
  const without = (text: string, ranges: Healed['ranges']): string =>
    ranges.toReversed().reduce((rest, { from, to }) => rest.slice(0, from) + rest.slice(to), text)

  test('without what came, a text is what it was and what was appended, in whatever order gaps heal', () => {
    fc.assert(
      fc.property(
        cutText,
        fc.nat(2),
        fc.array(fc.nat()),
        fc.string({ maxLength: 3 }),
        (cut, wide, order, more) => {
          let pieces: (readonly [string, boolean])[] = [...cut]
          const missing = cut.filter(([, isMissing]) => isMissing).map(([piece]) => piece)
          let count = 0
          let healed: Healed | undefined
          const show = () => {
            const { text, gaps } = shown(pieces, wide)
            healed = followHealed(healed, { gaps, healed: count }, { id: '0', text })
            return text
          }
          const first = show()
          expect(healed!.ranges).toEqual([])
          for (const n of [...order, 0, 0, 0, 0, 0, 0, 0, 0]) {
            const open = pieces.flatMap(([, isMissing], i) => (isMissing ? [i] : []))
            if (open.length === 0) break
            const i = open[n % open.length]!
            count += pieces[i]![0].length
            pieces = pieces.with(i, [pieces[i]![0], false])
            show()
          }
          pieces = [...pieces, [more, false]]
          const last = show()
          expect(last).toBe(cut.map(([piece]) => piece).join('') + more)
          // Where letters repeat, a range may be shifted a little; without the ranges, the text is the one shown before.
          expect(without(last, healed!.ranges)).toBe(first + more)
          expect(healed!.ranges.reduce((sum, { from, to }) => sum + to - from, 0)).toBe(
            missing.join('').length,
          )
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('what the past brought is not healed; what was replaced has no ranges', () => {
    const before = followHealed(undefined, { gaps: [gap(0, 0, 6)] }, { id: '0', text: 'world' })
    expect(followHealed(before, { gaps: [] }, { id: '0', text: 'hello world' }).ranges).toEqual([])
    const healed = followHealed(before, { gaps: [], healed: 6 }, { id: '0', text: 'hello world' })
    expect(healed.ranges).toEqual([{ from: 0, to: 6 }])
    expect(followHealed(healed, { gaps: [], healed: 6 }, { id: '0', text: 'hello world!' }).ranges).toEqual([
      { from: 0, to: 6 },
    ])
    expect(followHealed(healed, { gaps: [], healed: 6 }, { id: '0', text: '[redacted]' }).ranges).toEqual([])
  })
})
