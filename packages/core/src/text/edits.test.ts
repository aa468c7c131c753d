import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checksum } from '../protocol/checksum.ts'
import { Run } from './run.ts'
import { Tokens } from './tokens.ts'

const key = (n: number) => String(n).padStart(6, '0')

describe('an edited token shows, whenever it is edited (PROTOCOL.md §5.7)', () => {
  const token = fc.record({
    text: fc.string({ minLength: 1, maxLength: 4 }),
    edits: fc.array(fc.constantFrom('', '*', '[removed]'), { maxLength: 2 }),
  })

  test('any order of tokens and edits, before and after the end, ends with the newest edits', () => {
    fc.assert(
      fc.property(
        fc.array(token, { minLength: 1, maxLength: 30 }),
        fc.boolean(),
        fc.integer({ min: 0, max: 30 }),
        fc.infiniteStream(fc.nat()),
        (tokens, stamped, sealAfter, random) => {
          let end = 0
          const at = () => random.next().value as number
          const originals = tokens.map(({ text }, i) => {
            end += text.length
            return { key: key(i), text, end: stamped ? end : undefined }
          })
          const edits = tokens.flatMap((one, i) =>
            one.edits.map((text, n) => ({ ...originals[i]!, text, edited: key(1000 + n) })),
          )
          const late = at() % 3 === 0
          const first = late ? [] : originals
          const rest = (late ? [...originals, ...edits] : edits)
            .map((item) => ({ item, at: at() }))
            .sort((a, b) => a.at - b.at)
            .map(({ item }) => item)
          const run = new Run(false)
          run.knowHead()
          const deliveries = [...first, ...rest, ...rest.slice(0, 3)]
          for (const [i, item] of deliveries.entries()) {
            run.append(item)
            // A response is sealed when nothing of it is missing.
            if (!late && i >= first.length && i - first.length === sealAfter) run.seal()
            if (at() % 2) run.fold()
          }
          run.fold()
          expect(run.text).toBe(tokens.map((one) => one.edits.at(-1) ?? one.text).join(''))
          expect(run.gaps).toEqual([])
          run.seal()
          for (const item of deliveries) expect(run.append(item)).toBe(false)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('an edit that leaves the text as it is counts as news: the text is not as declared any more', () => {
    const run = new Run(false)
    run.append({ key: key(1), text: 'Hello', end: 5 })
    run.append({ key: key(2), text: '', end: 5, done: true, checksum: checksum('Hello') })
    run.fold()
    expect(run.verified).toBe(true)
    expect(run.append({ key: key(2), text: '', end: 5, edited: key(3) })).toBe(true)
    run.fold()
    expect(run.verified).toBeUndefined()
    expect(run.append({ key: key(2), text: '', end: 5, edited: key(3) })).toBe(false)
    // Also of a token that stands apart, after a gap.
    const late = { key: key(5), text: ' you', end: 12 }
    run.append(late)
    expect(run.append({ ...late, edited: key(6) })).toBe(true)
  })

  test('the edit of a token after a full text stays, whichever comes first', () => {
    const full = { key: key(1), text: 'Hello', end: 5 }
    const edit = { key: key(2), text: '*', end: 5, edited: key(3) }
    for (const isFirst of [true, false]) {
      const run = new Run(false)
      if (isFirst) run.append(edit)
      run.replace(full)
      if (!isFirst) run.append(edit)
      run.fold()
      expect([run.text, run.edited]).toEqual(['Hello', true])
      expect(run.append(edit)).toBe(false)
    }
    for (const isFirst of [true, false]) {
      const run = new Run(false)
      const unstamped = { ...edit, end: undefined }
      if (isFirst) run.append(unstamped)
      run.replace(full, { final: true })
      if (!isFirst) run.append(unstamped)
      run.fold()
      expect([run.text, run.edited]).toEqual(['Hello*', true])
    }
  })

  test('a full text before an edited token counts where the length of the token was not heard', () => {
    const run = new Run(false)
    run.knowHead()
    run.append({ key: key(3), text: '*', end: 6, edited: key(4) })
    run.replace({ key: key(2), text: 'Hello', end: 5 })
    run.append({ key: key(1), text: 'Hel', end: 3 })
    run.fold()
    expect([run.text, run.gaps]).toEqual(['Hello*', []])
  })

  test('what comes before an edited token is missed where its own length was not heard', () => {
    const run = new Run(false)
    run.append({ key: key(2), text: '*', end: 9, edited: key(3) })
    run.fold()
    expect(run.gaps).toMatchObject([{ from: 0, to: 0, missing: undefined }])
    run.knowHead()
    run.fold()
    expect(run.gaps).toEqual([])
  })

  test.each([
    { original: undefined, text: '[removed]', needsPast: true },
    { original: 'Hello', text: '', needsPast: false },
    { original: 'lo', text: '[removed]', needsPast: true },
  ])('older messages are read where they may hold text before it: %j', ({ original, text, needsPast }) => {
    const run = new Run(false)
    if (original !== undefined) run.append({ key: key(2), text: original, end: 5 })
    run.append({ key: key(2), text, end: 5, edited: key(3) })
    run.fold()
    expect([run.needsPast, run.gaps.length > 0]).toEqual([needsPast, needsPast])
  })

  test('among thousands, and after a token that came late into a joined run', () => {
    for (const stamped of [true, false]) {
      const run = new Run(false)
      run.knowHead()
      const item = (i: number) => ({ key: key(i), text: 'ab', end: stamped ? 2 * i + 2 : undefined })
      for (let i = 0; i < 3000; i++) if (i !== 7 || stamped) run.append(item(i))
      if (!stamped) run.append(item(7))
      run.append({ ...item(1500), text: 'X', edited: key(9000) })
      run.append({ ...item(3), text: '', edited: key(9001) })
      run.append(item(3000))
      run.fold()
      const words = Array.from({ length: 3001 }, (_, i) => (i === 1500 ? 'X' : i === 3 ? '' : 'ab'))
      expect(run.text).toBe(words.join(''))
      expect(run.gaps).toEqual([])
      expect(run.kept).toBeLessThan(1000)
    }
  })

  test('an edit keeps the gaps of others where they are', () => {
    const run = new Run(false)
    run.append({ key: '1', text: 'My PIN', end: 6 })
    run.append({ key: '3', text: ' 4711', end: 14 })
    run.append({ key: '3', text: ' ****', end: 14, edited: '9' })
    run.append({ key: '4', text: ' bye', end: 18 })
    run.fold()
    expect([run.text, run.gaps]).toMatchObject(['My PIN **** bye', [{ from: 6, to: 6, missing: 3 }]])
  })
})

describe('an agent that resumes over a gap of its predecessor (PROTOCOL.md §5.5)', () => {
  const piece = fc.record({ text: fc.string({ minLength: 1, maxLength: 4 }), refused: fc.boolean() })

  test('goes on from a full text: what older tokens said beyond it is withdrawn', () => {
    fc.assert(
      fc.property(
        fc.array(piece, { minLength: 1, maxLength: 12 }),
        fc.array(fc.string({ minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 8 }),
        fc.boolean(),
        fc.infiniteStream(fc.nat()),
        (before, after, inOrder, random) => {
          let end = 0
          let kept = ''
          let whole = true
          let n = 0
          const deliveries: { full: boolean; item: { key: string; text: string; end: number } }[] = []
          for (const { text, refused } of before) {
            end += text.length
            whole &&= !refused
            if (whole) kept += text
            if (!refused) deliveries.push({ full: false, item: { key: key(n++), text, end } })
          }
          deliveries.push({ full: true, item: { key: key(n++), text: kept, end: kept.length } })
          let truth = kept
          for (const text of after) {
            truth += text
            deliveries.push({ full: false, item: { key: key(n++), text, end: truth.length } })
          }
          const order = inOrder
            ? deliveries
            : deliveries
                .map((one) => ({ one, at: random.next().value as number }))
                .sort((a, b) => a.at - b.at)
                .map(({ one }) => one)
          const run = new Run(false)
          run.knowHead()
          const restart = deliveries.findIndex(({ full }) => full)
          for (const [i, { full, item }] of order.entries()) {
            if (full) run.replace(item, { final: true })
            else run.append(item)
            run.fold()
            // From the restart on, in order, every state is a prefix of what the successor says.
            if (inOrder && i >= restart) {
              expect(truth.startsWith(run.text)).toBe(true)
              expect(run.gaps).toEqual([])
            }
          }
          expect([run.text, run.gaps]).toEqual([truth, []])
        },
      ),
      { numRuns: 2000 },
    )
  })
})

test('a token that a successor published counts, though the full text that it resumed from is read later', () => {
  for (const final of [true, false]) {
    const run = new Run(false)
    run.append({ key: key(1), text: 'abc', end: 3 })
    run.append({ key: key(3), text: 'X', end: 2 })
    run.replace({ key: key(2), text: 'a', end: 1 }, { final })
    run.fold()
    expect([run.text, run.gaps]).toEqual(['aX', []])
  }
})

test('of a continuous stream, a full text that an agent resumed from withdraws tokens, whenever it is read', () => {
  const run = new Run(false)
  run.append({ key: key(9), text: '', end: 1 })
  run.append({ key: key(3), text: '!', end: 1 })
  run.fold()
  run.replace({ key: key(2), text: '', end: 0 })
  run.append({ key: key(1), text: 'x', end: 1 })
  run.fold()
  expect([run.text, run.gaps]).toEqual(['!', []])
})

test('after a loss, what a token begins with may stand in the place of known text, until history tells', () => {
  const tokens = ['ab', 'c', 'd'].map((text, i) => ({ key: key(i), text, end: [2, 4, 5][i]! }))
  const run = new Run(false)
  for (const token of tokens) run.append(token)
  expect([run.text, run.gaps]).toMatchObject(['abcd', [{ from: 2, to: 2, missing: 1 }]])
  run.break(2)
  run.append({ key: key(9), text: 'XYZ', end: 6 })
  run.fold()
  expect([run.text, run.gaps]).toMatchObject(['abcdZ', [{ from: 0, to: 4, missing: undefined }]])
  run.replace({ key: key(8), text: 'abc', end: 3 }, { final: true })
  run.cover({ from: key(2), epoch: 2 })
  run.fold()
  expect([run.text, run.gaps]).toEqual(['abcXYZ', []])
})

test('what was written after a loss fills no gap before it: that was of another text, perhaps', () => {
  const run = new Run(false)
  run.append({ key: key(0), text: '', end: 3 })
  run.break(2)
  run.append({ key: key(9), text: 'X', end: 2 })
  run.fold()
  expect([run.text, run.gaps]).toMatchObject(['', [{ from: 0, to: 0, missing: 3 }]])
  run.replace({ key: key(8), text: 'a', end: 1 }, { final: true })
  run.cover({ from: key(0), epoch: 2 })
  run.fold()
  expect([run.text, run.gaps]).toEqual(['aX', []])
})

test('the same where nothing was missing before', () => {
  const run = new Run(false)
  run.append({ key: key(0), text: 'ab', end: 2 })
  run.append({ key: key(1), text: 'cd', end: 4 })
  run.break(2)
  run.append({ key: key(9), text: 'XYZ', end: 6 })
  run.fold()
  expect([run.text, run.gaps]).toMatchObject(['abcdYZ', [{ from: 0, to: 4, missing: undefined }]])
  run.replace({ key: key(8), text: 'abc', end: 3 }, { final: true })
  run.cover({ from: key(1), epoch: 2 })
  run.fold()
  expect([run.text, run.gaps]).toEqual(['abcXYZ', []])
})

test.each([
  ['exactly as far', 'Z', 5, []],
  ['behind a gap', 'Z', 7, [{ from: 4, to: 4, missing: 2 }]],
])(
  'after a loss, all known text is uncertain: a successor may have gone on from less, and come %s',
  (_, text, end, more) => {
    const run = new Run(false)
    run.append({ key: key(0), text: 'ab', end: 2 })
    run.append({ key: key(1), text: 'cd', end: 4 })
    run.break(2)
    run.append({ key: key(9), text, end })
    run.fold()
    const doubt = { from: 0, to: 4, missing: undefined }
    expect([run.text, run.gaps]).toMatchObject(['abcdZ', [doubt, ...more]])
    // Nothing had happened.
    const missed = end - 5
    if (missed) run.append({ key: key(8), text: 'X'.repeat(missed), end: 4 + missed })
    const undone = new Run(false)
    undone.append({ key: key(0), text: 'ab', end: 2 })
    undone.append({ key: key(1), text: 'cd', end: 4 })
    undone.break(2)
    undone.append({ key: key(9), text, end })
    undone.replace({ key: key(7), text: 'a', end: 1 }, { final: true })
    undone.append({ key: key(8), text: 'xyz' + 'X'.repeat(missed), end: 4 + missed })
    for (const one of [run, undone]) {
      one.cover({ from: key(1), epoch: 2 })
      one.fold()
    }
    expect([run.text, run.gaps]).toEqual([`abcd${'X'.repeat(missed)}Z`, []])
    expect([undone.text, undone.gaps]).toEqual([`axyz${'X'.repeat(missed)}Z`, []])
  },
)

test('of a message, the text that a successor resumed from counts, though it comes late and all stamps agree', () => {
  const run = new Run(true)
  run.replace({ key: key(0), text: 'abcd', create: true })
  run.append({ key: key(6), text: 'XY', end: 4 })
  run.fold()
  run.replace({ key: key(5), text: 'ab', end: 2 })
  run.fold()
  expect([run.text, run.gaps]).toEqual(['abXY', []])
})

test('after a loss, stamps tell, where one connection published every token', () => {
  const at = (i: number, text: string, end: number, connectionId?: string) => ({
    key: key(i),
    text,
    end,
    connectionId,
  })
  const read = (before: string | undefined, after: string | undefined) => {
    const run = new Run(false)
    run.append(at(0, 'ab', 2, before))
    run.append(at(1, 'cd', 4, 'one'))
    run.break(2)
    run.append(at(9, 'Z', 5, after))
    run.fold()
    return run.gaps.length
  }
  expect(read('one', 'one')).toBe(0)
  expect(read('one', 'two')).toBe(1)
  expect(read('two', 'one')).toBe(1)
  expect(read(undefined, 'one')).toBe(1)
  expect(read('one', undefined)).toBe(1)
})

test('after a loss, a late token of another connection makes known text uncertain too', () => {
  const run = new Run(false)
  run.append({ key: key(0), text: 'ab', end: 2, connectionId: 'one' })
  run.break(2)
  run.append({ key: key(9), text: 'Z', end: 3, connectionId: 'one' })
  run.append({ key: key(8), text: '', end: 2, connectionId: 'two' })
  run.fold()
  expect(run.gaps).toMatchObject([{ from: 0, to: 2, missing: undefined }])
})

test('Tokens finds the place of any of them, across blocks', () => {
  const tokens = new Tokens()
  for (let i = 0; i < 1000; i += 2) tokens.add(key(i), i)
  for (const i of [0, 2, 510, 512, 514, 998]) {
    const { before, length, after } = tokens.part(key(i))
    expect([before.last, length, after.first]).toEqual([
      i ? key(i - 2) : undefined,
      i,
      i < 998 ? key(i + 2) : undefined,
    ])
  }
  expect(tokens.part(key(511))).toMatchObject({ length: undefined })
  const { before, after, rest } = tokens.part(key(600))
  before.join(after)
  expect([before.first, before.last]).toEqual([key(0), key(998)])
  expect(rest).toBe(Array.from({ length: 199 }, (_, i) => 602 + 2 * i).reduce((a, b) => a + b, 0))
})
