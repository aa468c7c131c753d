import { expect, test } from 'vitest'
import type { ResponseState } from '@rejoin/core'
import { viewOf } from '../web/common/items.ts'

const text = (id: string, words: string) => ({ type: 'text', id, text: words, state: 'done' })
const source = (id: string, url: string, more: object) => ({
  type: 'source-url',
  id,
  sourceId: id,
  url,
  ...more,
})
const tool = (id: string) => ({
  type: 'dynamic-tool',
  id,
  toolCallId: id,
  toolName: 'search',
  state: 'output-available',
})

const view = (parts: object[], gaps: object[] = []) =>
  viewOf({ id: 'r', status: 'complete', parts, gaps } as unknown as ResponseState)

/** What stands before each mark of a text. */
const cited = (item: ReturnType<typeof view>['items'][number] | undefined) =>
  item?.kind === 'text' ? item.marks.map(({ at, number }) => [item.text.slice(0, at), number]) : undefined

test('a source of a later text part stands where it is cited in that part', () => {
  const { items, sources } = view([
    text('0', 'Ropes are old. '),
    source('1', 'https://a.example', { textPart: '0', endOffset: 5 }),
    text('2', 'Knots are older.'),
    source('3', 'https://b.example', { textPart: '2', endOffset: 5 }),
  ])
  expect(items).toHaveLength(1)
  expect(cited(items[0])).toEqual([
    ['Ropes', 1],
    ['Ropes are old. Knots', 2],
  ])
  expect(sources.map(({ number, title }) => [number, title])).toEqual([
    [1, 'https://a.example'],
    [2, 'https://b.example'],
  ])
})

test('what is missing before a citation moves it, in the part that it cites', () => {
  // "Kn" and three characters that are missing.
  const parts = [
    text('0', 'Ropes. '),
    text('2', 'Knlder.'),
    source('3', 'https://b.example', { textPart: '2', endOffset: 6 }),
  ]
  const { items } = view(parts, [{ part: '2', from: 2, to: 2, missing: 3 }])
  expect(cited(items[0])).toEqual([['Ropes. Knl', 1]])
  expect(items[0]).toMatchObject({ gaps: [{ from: 9, to: 9, missing: 3 }] })
})

test('sources are numbered through the whole answer, and stand in the text that they cite', () => {
  const { items, sources } = view([
    text('0', 'Ropes.'),
    tool('1'),
    text('2', 'Knots.'),
    source('3', 'https://a.example', { textPart: '0', endOffset: 5 }),
    source('4', 'https://b.example', { textPart: '2' }),
    source('5', 'https://a.example', { textPart: '2' }),
  ])
  expect(items.map(({ kind }) => kind)).toEqual(['text', 'tool', 'text'])
  expect(cited(items[0])).toEqual([['Ropes', 1]])
  expect(cited(items[2])).toEqual([
    ['Knots.', 1],
    ['Knots.', 2],
  ])
  expect(sources).toHaveLength(2)
})
