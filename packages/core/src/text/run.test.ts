import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checksum } from '../protocol/checksum.ts'
import { Run } from './run.ts'
import type { Fragment, FullText } from './run.ts'

const key = (n: number) => String(n).padStart(6, '0')

/** Pieces of text as a model emits them; wide characters included. */
const chunks = fc.array(fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }), {
  minLength: 1,
  maxLength: 30,
})

/**
 * Law 2 as a check: read the shown text with its gaps against the true text. Every run between gaps must be
 * found in the truth in order, an exact gap must fit exactly, and without gaps the text is a prefix.
 */
function honest(shown: string, gaps: Run['gaps'], truth: string): boolean {
  if (gaps.length === 0) return truth.startsWith(shown)
  const first = Math.min(...gaps.map((h) => h.from))
  if (!truth.startsWith(shown.slice(0, first))) return false
  if (gaps.some((h) => h.missing === undefined)) return true
  if (gaps.every((h) => h.from === h.to)) {
    let position = 0
    let from = 0
    for (const gap of gaps) {
      const run = shown.slice(from, gap.from)
      if (truth.slice(position, position + run.length) !== run) return false
      position += run.length + gap.missing!
      from = gap.from
    }
    return truth.startsWith(shown.slice(from), position)
  }
  return true
}

interface Delivery {
  full: boolean
  item: Fragment & FullText
}

const apply = (text: Run, { full, item }: Delivery) => (full ? text.replace(item) : text.append(item))

/** Tokens of one response, stamped or not: [deliveries, truth]. */
function tokens(parts: string[], stamped: boolean): [Delivery[], string] {
  let truth = ''
  const deliveries = parts.map((text, i) => {
    truth += text
    return { full: false, item: { key: key(i + 1), text, end: stamped ? truth.length : undefined } }
  })
  return [deliveries, truth]
}

describe('message per token (PROTOCOL.md §5)', () => {
  test('law 1: any order, duplication and prefix of losses converge once everything has arrived', () => {
    fc.assert(
      fc.property(chunks, fc.boolean(), fc.infiniteStream(fc.nat()), (parts, stamped, random) => {
        const [deliveries, truth] = tokens(parts, stamped)
        const shuffled = [...deliveries, ...deliveries.filter((_, i) => i % 3 === 0)]
          .map((d) => ({ d, at: random.next().value as number }))
          .sort((a, b) => a.at - b.at)
        const text = new Run(false)
        for (const { d } of shuffled) {
          apply(text, d)
          if (random.next().value % 2) text.fold()
          if (stamped) {
            text.fold()
            expect(honest(text.text, text.gaps, truth)).toBe(true)
          }
        }
        text.knowHead()
        text.fold()
        expect(text.text).toBe(truth)
        expect(text.gaps).toEqual([])
      }),
      { numRuns: 2000 },
    )
  })

  test('law 2: losses of stamped tokens are exact gaps; the recovery message heals', () => {
    fc.assert(
      fc.property(chunks, fc.infiniteStream(fc.boolean()), (parts, lost) => {
        const [deliveries, truth] = tokens(parts, true)
        const text = new Run(false)
        for (const d of deliveries) if (!lost.next().value) apply(text, d)
        text.fold()
        expect(honest(text.text, text.gaps, truth)).toBe(true)
        const missing = text.gaps.reduce((sum, h) => sum + h.missing!, 0)
        expect(text.gaps.every((h) => h.from === h.to)).toBe(true)
        expect(truth.startsWith(text.text) || missing > 0).toBe(true)
        text.replace({ key: key(999), text: truth, end: truth.length }, { final: true })
        text.fold()
        expect([text.text, text.gaps]).toEqual([truth, []])
        // §5.8: a token after the recovery message changes nothing.
        expect(text.append({ ...deliveries[0]!.item, key: key(1000) })).toBe(false)
      }),
      { numRuns: 1000 },
    )
  })

  test('a token published again under a new serial is shown once when stamped', () => {
    const text = new Run(false)
    text.append({ key: '1', text: 'Hello', end: 5 })
    text.append({ key: '2', text: ' big', end: 9 })
    text.append({ key: '3', text: ' big', end: 9 })
    text.append({ key: '4', text: ' world', end: 15 })
    expect([text.text, text.gaps]).toEqual(['Hello big world', []])
  })

  test('a lost token published again later fills its gap in place', () => {
    const text = new Run(false)
    text.append({ key: '1', text: 'Hello', end: 5 })
    text.append({ key: '3', text: ' world', end: 15 })
    expect(text.gaps).toEqual([{ from: 5, to: 5, missing: 4, start: 5 }])
    text.append({ key: '4', text: ' big', end: 9 })
    expect([text.text, text.gaps]).toEqual(['Hello big world', []])
  })

  test('unstamped: a late joiner knows that the head is unknown until it is covered', () => {
    const text = new Run(false)
    text.append({ key: '7', text: 'world' })
    expect(text.gaps).toEqual([{ from: 0, to: 0, missing: undefined, start: undefined }])
    expect(text.needsPast).toBe(true)
    text.append({ key: '6', text: 'Hello ' })
    text.knowHead()
    text.fold()
    expect([text.text, text.gaps, text.needsPast]).toEqual(['Hello world', [], false])
  })

  test('§5.9: lost continuity is a gap of unknown size until history covers it', () => {
    const text = new Run(false)
    text.knowHead()
    text.append({ key: '1', text: 'a' })
    text.break(2)
    text.append({ key: '4', text: 'd' })
    expect(text.gaps).toMatchObject([{ from: 1, to: 1, missing: undefined }])
    text.append({ key: '2', text: 'b' })
    text.append({ key: '3', text: 'c' })
    text.cover({ from: '1', epoch: 2 })
    text.fold()
    expect([text.text, text.gaps]).toEqual(['abcd', []])
  })
})

/** What one attachment delivers of one message, with roll-up merges; the channel's aggregate at each version. */
interface MessageModel {
  truth: string
  live: Delivery[]
  /** Full text at version i, as a history page would show it, with the stamp of that version. */
  history: Delivery[]
  repair: Delivery
}

const operations = fc.array(
  fc.record({
    text: fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' }),
    refused: fc.boolean(),
    mergeNext: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
)

function message(
  ops: { text: string; refused: boolean; mergeNext: boolean }[],
  joinAt: number,
  stamped: boolean,
): MessageModel {
  let truth = ''
  let aggregate = ''
  const history: Delivery[] = [{ full: true, item: { key: key(0), text: '', create: true } }]
  const live: Delivery[] =
    joinAt === 0 ? [{ full: true, item: { key: key(0), text: '', create: true, epoch: 1 } }] : []
  let merged = ''
  let first = joinAt > 0
  ops.forEach((op, i) => {
    truth += op.text
    if (op.refused) return
    aggregate += op.text
    merged += op.text
    const end = stamped ? truth.length : undefined
    const version = key(i + 1)
    history.push({ full: true, item: { key: version, text: aggregate, end } })
    const last = ops.slice(i + 1).every((later) => later.refused)
    if (op.mergeNext && !last) return
    if (i + 1 >= joinAt) {
      if (first) live.push({ full: true, item: { key: version, text: aggregate, end, epoch: 1 } })
      else live.push({ full: false, item: { key: version, text: merged, end, epoch: 1 } })
      first = false
    }
    merged = ''
  })
  const repair = {
    full: true,
    item: { key: key(9000), text: truth, end: stamped ? truth.length : undefined },
  }
  return { truth, live, history, repair }
}

/** Any interleaving that keeps the order of the live deliveries; history items fall anywhere. */
function interleave(live: Delivery[], history: Delivery[], random: () => number): Delivery[] {
  const all = [...live]
  for (const item of history) if (random() % 2) all.splice(random() % (all.length + 1), 0, item)
  return all
}

describe('message per response (PROTOCOL.md §5)', () => {
  test('laws 1, 2, 4, 5: merges, refusals, late joins and history pages; the full text heals', () => {
    fc.assert(
      fc.property(operations, fc.nat(25), fc.infiniteStream(fc.nat()), (ops, join, random) => {
        const next = () => random.next().value as number
        const model = message(ops, join % (ops.length + 1), true)
        const text = new Run(true)
        let exact = ''
        const check = () => {
          text.fold()
          expect(honest(text.text, text.gaps, model.truth)).toBe(true)
          const prefix = text.text.slice(0, text.gaps[0]?.from ?? text.text.length)
          expect(prefix.startsWith(exact) || exact.startsWith(prefix)).toBe(true)
          if (prefix.length > exact.length) exact = prefix
          // No regress: what was shown as exact stays.
          expect(text.text.startsWith(exact)).toBe(true)
        }
        for (const d of interleave(model.live, model.history, next)) {
          apply(text, d)
          check()
          apply(text, d)
          check()
        }
        apply(text, model.repair)
        check()
        expect([text.text, text.gaps]).toEqual([model.truth, []])
        for (const d of [...model.live, ...model.history]) expect(apply(text, d)).toBe(false)
        check()
        expect(text.text).toBe(model.truth)
      }),
      { numRuns: 3000 },
    )
  })

  test('law 1 without refusals: exact at every version, stamped or not', () => {
    fc.assert(
      fc.property(
        operations,
        fc.nat(25),
        fc.boolean(),
        fc.infiniteStream(fc.nat()),
        (some, join, stamped, random) => {
          const ops = some.map((o) => ({ ...o, refused: false }))
          const model = message(ops, join % (ops.length + 1), stamped)
          const text = new Run(true)
          for (const d of interleave(model.live, model.history, () => random.next().value as number)) {
            apply(text, d)
            text.fold()
            expect(model.truth.startsWith(text.text)).toBe(true)
            expect(text.gaps).toEqual([])
          }
          apply(text, model.history.at(-1)!)
          text.fold()
          expect(text.text).toBe(model.truth)
        },
      ),
      { numRuns: 3000 },
    )
  })

  test('§5.4: a merged append that straddles a history page, with a refusal inside, is never shown as exact', () => {
    const text = new Run(true)
    text.replace({ key: '1', text: 'Hello', end: 5, epoch: 1 })
    text.replace({ key: '2', text: 'Hello big', end: 9 })
    // " big" + (refused " wide") + " world", merged: begins at 5, ends at 20.
    text.append({ key: '4', text: ' big world', end: 20, epoch: 1 })
    text.fold()
    expect(text.text.startsWith('Hello big')).toBe(true)
    expect(text.gaps).toEqual([{ from: 9, to: 15, missing: 5 }])
    text.replace({ key: '5', text: 'Hello big wide world', end: 20, epoch: 1 })
    text.fold()
    expect([text.text, text.gaps]).toEqual(['Hello big wide world', []])
  })

  test('§5.6: a full text without a stamp is authoritative', () => {
    const text = new Run(true)
    text.replace({ key: '1', text: 'Hello', create: true, epoch: 1 })
    text.append({ key: '2', text: ' world', end: 15, epoch: 1 })
    text.fold()
    expect(text.gaps).toEqual([{ from: 5, to: 5 + 6, missing: 4 }])
    text.replace({ key: '3', text: '[redacted]', epoch: 1 })
    text.fold()
    expect([text.text, text.gaps]).toEqual(['[redacted]', []])
    text.append({ key: '4', text: '!', end: 16, epoch: 1 })
    text.fold()
    expect([text.text, text.gaps]).toEqual(['[redacted]!', []])
  })

  test('§5.6: what the agent declares at its end is about its own text, not about an edited one', () => {
    const text = new Run(true)
    text.replace({ key: '1', text: 'Hello', create: true, epoch: 1 })
    text.replace({ key: '2', text: '[redacted]', epoch: 1 })
    text.append({ key: '3', text: '', end: 5, checksum: checksum('Hello'), done: true, epoch: 1 })
    text.fold()
    expect([text.text, text.gaps, text.verified]).toEqual(['[redacted]', [], undefined])
    const token = new Run(false)
    token.append({ key: '3', text: 'c', end: 3 })
    token.append({ key: '2', text: '?', end: 2, edited: '3' })
    token.append({ key: '1', text: 'a', end: 1 })
    token.append({ key: '4', text: '', end: 3, checksum: checksum('abc'), done: true })
    token.fold()
    expect([token.text, token.gaps, token.verified]).toEqual(['a?c', [], undefined])
    token.seal()
    expect(token.verified).toBeUndefined()
  })

  test('§5.6: tokens that a shorter text without a stamp replaced stay replaced when they are read again', () => {
    const tokens = ['Hello', ' big', ' world']
    let end = 0
    const items = tokens.map((text, i) => ({ key: key(i), text, end: (end += text.length) }))
    const text = new Run(false)
    for (const item of [items[0]!, items[2]!]) text.append(item)
    text.replace({ key: key(9), text: '[…]' }, { final: true })
    for (const item of items) expect(text.append(item)).toBe(false)
    text.fold()
    expect([text.text, text.gaps]).toEqual(['[…]', []])
  })

  test('two appends swapped: the later waits for its place', () => {
    for (const stamped of [true, false]) {
      const text = new Run(true)
      const end = (n: number) => (stamped ? n : undefined)
      text.replace({ key: '1', text: 'Hello', create: true, epoch: 1 })
      text.append({ key: '3', text: ' world', end: end(15), epoch: 1 })
      text.append({ key: '2', text: ' big', end: end(9), epoch: 1 })
      text.fold()
      expect([text.text, text.gaps]).toEqual(['Hello big world', []])
    }
  })

  test('§5.4: what was overtaken on its way is the neighbour of what overtook it', () => {
    const full = { key: '2', text: 'Hello big', end: 9 }
    const late: [string, (text: Run) => unknown][] = [
      ['full', (text) => text.replace({ ...full, epoch: 1 })],
      [
        'append, then a history page that ends with it',
        (text) => {
          const changed = text.append({ key: '2', text: ' big', end: 9, epoch: 1 })
          return text.replace(full) || changed
        },
      ],
      [
        'append that a history page has shown already',
        (text) => {
          text.replace(full)
          text.fold()
          return text.append({ key: '2', text: ' big', end: 9, epoch: 1 })
        },
      ],
    ]
    for (const [what, arrive] of late) {
      const text = new Run(true)
      text.replace({ key: '1', text: 'Hello', create: true, epoch: 1 })
      text.append({ key: '3', text: ' world', end: 15, epoch: 1 })
      // A listener that is told of no change does not fold.
      expect([what, arrive(text)]).toEqual([what, true])
      text.fold()
      expect([what, text.text, text.gaps]).toEqual([what, 'Hello big world', []])
    }
  })

  test('an append sent twice under two versions is shown once when stamped', () => {
    const text = new Run(true)
    text.replace({ key: '1', text: '', create: true, epoch: 1 })
    text.append({ key: '2', text: 'abc', end: 3, epoch: 1 })
    text.append({ key: '3', text: 'abc', end: 3, epoch: 1 })
    text.append({ key: '4', text: 'def', end: 6, epoch: 1 })
    text.fold()
    expect([text.text, text.gaps]).toEqual(['abcdef', []])
    // §5.5: the channel's own aggregate has it doubled; what is known to be whole stays.
    text.replace({ key: '5', text: 'abcabcdef', end: 6, epoch: 2 })
    text.fold()
    expect([text.text, text.gaps]).toEqual(['abcdef', []])
  })
})

describe('changes, memory, verification', () => {
  test('takeChange tells what was appended since the last call, or that it changed otherwise', () => {
    const text = new Run(true)
    text.replace({ key: '1', text: 'Hello', create: true, epoch: 1 })
    text.fold()
    expect(text.takeChange()).toBe('Hello')
    text.append({ key: '2', text: ' big', epoch: 1 })
    text.append({ key: '3', text: ' world', epoch: 1 })
    expect(text.takeChange()).toBe(' big world')
    text.replace({ key: '4', text: 'Hello big world!', epoch: 1 })
    text.fold()
    expect(text.takeChange()).toBe('!')
    text.replace({ key: '5', text: 'Bye' })
    text.fold()
    expect(text.takeChange()).toBeUndefined()
  })

  test('a long stream keeps a bounded number of operations', () => {
    for (const stamped of [true, false]) {
      const text = new Run(false)
      text.knowHead()
      for (let i = 1; i <= 20_000; i++)
        text.append({ key: key(i), text: 'ab', end: stamped ? 2 * i : undefined })
      expect(text.text.length).toBe(40_000)
      expect(text.kept).toBeLessThan(1_000)
      expect(text.append({ key: key(3), text: 'ab', end: stamped ? 6 : undefined })).toBe(false)
    }
  })

  test('a gap stays in its place, and can be filled, however long the stream goes on', () => {
    const text = new Run(false)
    const lost = [3, 4, 700]
    const token = (i: number) => ({ key: key(i), text: String(i % 10), end: i })
    for (let i = 1; i <= 5_000; i++) if (!lost.includes(i)) text.append(token(i))
    expect(text.gaps).toMatchObject([
      { from: 2, to: 2, missing: 2 },
      { from: 697, to: 697, missing: 1 },
    ])
    for (const i of lost) text.append(token(i))
    text.fold()
    expect(text.gaps).toEqual([])
    expect(text.text).toBe(Array.from({ length: 5_000 }, (_, i) => (i + 1) % 10).join(''))
  })

  test('verified when the declared length and checksum agree, false when the text is another', () => {
    const text = new Run(true)
    text.replace({ key: '1', text: 'Hello', create: true, epoch: 1 })
    expect(text.verified).toBeUndefined()
    text.append({ key: '2', text: '', end: 5, checksum: checksum('Hello'), done: true, epoch: 1 })
    text.fold()
    expect([text.done, text.verified]).toEqual([true, true])
    const wrong = new Run(true)
    wrong.replace({ key: '1', text: 'Jello', create: true })
    wrong.append({ key: '2', text: '', end: 5, checksum: checksum('Hello'), done: true })
    wrong.fold()
    expect(wrong.verified).toBe(false)
  })

  test('closed as soon as its declared end is reached, before the next frame folds it', () => {
    const run = new Run(true)
    run.replace({ key: '1', text: 'Hel', create: true })
    run.replace({ key: '2', text: 'Hello', end: 5 })
    run.append({ key: '3', text: '', end: 5, checksum: checksum('Hello'), done: true })
    expect(run.closed).toBe(true)
  })
})

describe('a sealed text', () => {
  const piece = fc.string({ minLength: 1, maxLength: 6, unit: 'grapheme' })
  const at = fc.nat(20)
  /** What may come after the end: the same again, edits and deletions of tokens, later text, full texts, losses. */
  const later = fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('again' as const), at }),
      fc.record({ kind: fc.constant('edit' as const), at, text: fc.oneof(fc.constant(''), piece) }),
      fc.record({
        kind: fc.constant('append' as const),
        text: piece,
        stamped: fc.boolean(),
        declares: fc.boolean(),
      }),
      fc.record({ kind: fc.constant('full' as const), at, text: piece, final: fc.boolean() }),
      fc.record({ kind: fc.constantFrom('break', 'cover', 'take', 'close', 'fold', 'show') }),
    ),
    { maxLength: 12 },
  )

  test.each([true, false])('goes on as one that was not sealed: a growing message: %s', (merges) => {
    fc.assert(
      fc.property(chunks, later, (parts, operations) => {
        const runs = [new Run(merges), new Run(merges)]
        const both = (step: (run: Run) => unknown) => {
          const [plain, sealed] = runs.map(step)
          expect(sealed).toEqual(plain)
        }
        const look = (run: Run) => [
          run.text,
          run.length,
          run.gaps,
          run.verified,
          run.done,
          run.closed,
          run.key,
        ]
        const [deliveries, truth] = tokens(parts, true)
        const items = deliveries.map(({ item }) => item)
        const last = key(items.length + 1)
        items.push({ key: last, text: '', end: truth.length, done: true, checksum: checksum(truth) })
        both((run) => {
          run.knowHead()
          items.forEach((item, i) =>
            merges && i === 0
              ? run.replace({ ...item, create: true, epoch: 1 })
              : run.append({ ...item, epoch: 1 }),
          )
          run.takeChange()
        })
        runs[1]!.seal()
        both(look)
        let now = 100
        for (const one of operations) {
          const item = 'at' in one ? items[one.at % items.length]! : items.at(-1)!
          both((run) => {
            switch (one.kind) {
              case 'again':
                return run.append({ ...item, epoch: 2 })
              case 'edit':
                return run.append({ ...item, text: one.text, edited: key(now) })
              case 'append': {
                const end = one.stamped ? run.length + one.text.length : undefined
                const sum = one.declares ? { done: true, checksum: checksum(run.text + one.text) } : {}
                return run.append({ key: key(now), text: one.text, end, epoch: 2, ...sum })
              }
              case 'full':
                return run.replace(
                  { key: one.at > 15 ? key(now) : item.key, text: one.text, epoch: 2 },
                  { final: one.final },
                )
              case 'break':
                return run.break(2)
              case 'cover':
                return run.cover({ from: '', epoch: 2 })
              case 'take':
                return merges ? undefined : run.take(item.key)
              case 'close':
                return run.closedBefore(last)
              case 'fold':
                return run.fold()
              case 'show':
                run.fold()
                return [run.takeChange(), ...look(run)]
            }
          })
          now++
        }
        both((run) => {
          run.fold()
          return [run.takeChange(), ...look(run)]
        })
      }),
      { numRuns: 3000 },
    )
  })
})

describe('text that cannot be read', () => {
  const lost = (key: string) => ({ key, text: '', lost: true })

  test('where a fragment begins with what a page of history has, nothing tells how much of it is new', () => {
    const run = new Run(true)
    run.replace({ key: '1', text: 'A', epoch: 1, create: true })
    run.append({ ...lost('2'), epoch: 1 })
    run.replace({ key: '3', text: 'A and B' })
    run.append({ key: '4', text: ' and B and C', epoch: 1 })
    run.fold()
    expect(run.text.startsWith('A and B')).toBe(true)
    expect(run.gaps).toMatchObject([{ from: 7, missing: undefined }])
    run.replace({ key: '5', text: 'A and B and C' })
    run.fold()
    expect([run.text, run.gaps]).toEqual(['A and B and C', []])
  })

  test('a flood of it is one gap, kept in few pieces', () => {
    const run = new Run(false)
    run.knowHead()
    run.append({ key: 'a', text: 'A' })
    for (let i = 0; i < 2_000; i++) run.append(lost(`b${String(i).padStart(4, '0')}`))
    run.append({ key: 'c', text: 'C' })
    for (let i = 0; i < 2_000; i++) run.append({ key: `d${String(i).padStart(4, '0')}`, text: 'D' })
    expect(run.gaps).toMatchObject([{ from: 1, to: 1, missing: undefined }])
    // One that comes late folds all of them again.
    run.append({ key: 'b', text: 'B' })
    run.fold()
    expect(run.text).toBe(`ABC${'D'.repeat(2_000)}`)
    expect(run.gaps).toMatchObject([{ from: 2, to: 2, missing: undefined }])
    expect(run.kept).toBeLessThan(1_000)
  })
})
