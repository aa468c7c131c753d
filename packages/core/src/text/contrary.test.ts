import { describe, expect, test } from 'vitest'
import { Run } from './run.ts'
import type { Fragment, FullText } from './run.ts'

/** What two publishers of one run say, or an agent whose stamps are wrong: it cannot be told which is right. */
type Said = Fragment & FullText & { full?: boolean }

/** Every order in which they can arrive. */
function orders<T>(list: readonly T[]): T[][] {
  if (list.length <= 1) return [[...list]]
  return list.flatMap((one, i) => orders(list.toSpliced(i, 1)).map((rest) => [one, ...rest]))
}

function read(said: readonly Said[], merges: boolean, foldEach: boolean): Run {
  const run = new Run(merges)
  if (merges) run.replace({ key: '0', text: '', create: true, epoch: 1 })
  for (const one of said) {
    if (one.full) run.replace(one, { final: !merges })
    else run.append(one)
    if (foldEach) run.fold()
  }
  run.knowHead()
  run.fold()
  return run
}

const worlds: [what: string, said: Said[]][] = [
  [
    'as long as the other text',
    [
      { key: '1', text: 'Hello', end: 5 },
      { key: '2', text: 'World', end: 5 },
      { key: '3', text: ' you', end: 9 },
    ],
  ],
  [
    'longer',
    [
      { key: '1', text: 'Hello', end: 5 },
      { key: '2', text: 'Worlds', end: 6 },
      { key: '3', text: ' you', end: 9 },
    ],
  ],
  [
    'a stamp below the length of its own text',
    [
      { key: '1', text: 'Hello', end: 3 },
      { key: '2', text: ' you', end: 7 },
    ],
  ],
  [
    'an older operation beyond the newest',
    [
      { key: '1', text: 'Hello', end: 5 },
      { key: '2', text: 'World', end: 17 },
      { key: '3', text: ' you', end: 9 },
    ],
  ],
]

describe('stamps that contradict each other are no certain text, in any order of arrival', () => {
  describe.each([
    ['tokens', false],
    ['a message that grows', true],
  ])('%s', (_, merges) => {
    test.each(worlds)('%s', (__, said) => {
      for (const order of orders(said.map((one) => ({ ...one, ...(merges && { epoch: 1 }) }))))
        for (const foldEach of [false, true])
          expect(read(order, merges, foldEach).gaps, JSON.stringify(order)).not.toEqual([])
    })
  })

  test('of tokens, the text is the same', () => {
    for (const [, said] of worlds) {
      const texts = orders(said).map((order) => read(order, false, true).text)
      expect(new Set(texts).size).toBe(1)
    }
  })
})

test('a full text that comes after its followers counts as if it had come before them', () => {
  const said: Said[] = [
    { key: '1', text: 'Hello', end: 5 },
    { key: '2', text: 'Howdy', end: 5, full: true },
    { key: '3', text: ' you', end: 9 },
  ]
  for (const order of orders(said))
    expect(read(order, false, false)).toMatchObject({ text: 'Howdy you', gaps: [] })
  for (const order of orders(said.map((one) => ({ ...one, epoch: 1 })))) {
    const { text, gaps } = read(order, true, false)
    expect(text === 'Howdy you' || gaps.length > 0, JSON.stringify(order)).toBe(true)
  }
})

test('a redaction that comes after its followers leaves no certain text', () => {
  for (const order of orders<Said>([
    { key: '1', text: 'Hello', end: 5, epoch: 1 },
    { key: '2', text: '', full: true, epoch: 1 },
    { key: '3', text: ' you', end: 9, epoch: 1 },
  ])) {
    const { text, gaps } = read(order, true, false)
    expect(text === ' you' || gaps.length > 0, JSON.stringify(order)).toBe(true)
  }
})

test('what is published twice contradicts nothing, also where a token was edited', () => {
  const twice: Said[] = [
    { key: '1', text: 'Hello', end: 5 },
    { key: '2', text: 'Hello', end: 5 },
    { key: '3', text: ' you', end: 9 },
  ]
  for (const order of orders(twice)) {
    expect(read(order, false, true)).toMatchObject({ text: 'Hello you', gaps: [] })
    const edit = { key: '1', text: 'Jello', end: 5, edited: '4' }
    expect(read([...order, edit], false, true).gaps).toEqual([])
  }
})

test('of an edited token, its original stamp counts, whichever was heard first', () => {
  const original: Said = { key: '1', text: 'Hello', end: 5 }
  const edit: Said = { key: '1', text: 'Bye', end: 3, edited: '3' }
  const next: Said = { key: '2', text: ' you', end: 9 }
  for (const order of orders([original, edit, next]))
    expect(read(order, false, true), JSON.stringify(order)).toMatchObject({ text: 'Bye you', gaps: [] })
})
