import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Reader } from '../../test/model/reader.ts'
import type { Wire } from '../../test/model/reader.ts'
import { applyRows } from './rows.ts'
import type { Row } from '../types/types.ts'

/** Ids of calls, data and sources are chosen by models and applications, part numbers by agents: they may be alike. */
const headers = { responseId: 'r', rejoin: '1' }
const call = { ...headers, part: '3', toolCallId: '0' }
const all: (Wire & { serial: string })[] = [
  { serial: 'a1', name: 'token', data: 'Hello', headers: { ...headers, part: '0', end: '5' } },
  { serial: 'a2', name: 'data-mood', data: { good: 1 }, headers: { ...headers, part: '0' } },
  { serial: 'a3', name: 'tool_call', data: { name: 'look', args: { q: 1 } }, headers: call },
  { serial: 'a4', name: 'reasoning', data: 'So', headers: { ...headers, part: '0', end: '2' } },
  {
    serial: 'a5',
    name: 'source',
    data: { sourceId: '0', url: 'https://a.b' },
    headers: { ...headers, part: '0' },
  },
  { serial: 'a6', name: 'tool_result', data: { name: 'look', result: 2 }, headers: call },
  { serial: 'a7', name: 'data-mood', data: { good: 2 }, headers: { ...headers, part: '0' } },
  { serial: 'a8', name: 'token', data: ' you', headers: { ...headers, part: '0', end: '9' } },
]
const expected = [
  { type: 'text', text: 'Hello you' },
  { type: 'data-mood', data: { good: 2 } },
  { type: 'tool-look', toolCallId: '0', state: 'output-available', input: { q: 1 }, output: 2 },
  { type: 'reasoning', text: 'So' },
  { type: 'source-url', url: 'https://a.b' },
]

const order = fc.shuffledSubarray(all, { minLength: all.length })

test('parts of different kinds with one name all show, in every order of arrival', () => {
  fc.assert(
    fc.property(order, (wires) => {
      const reader = new Reader()
      for (const wire of wires) reader.read(wire)
      const { parts } = reader.response('r')!
      expect(parts).toMatchObject(expected)
      expect(new Set(parts.map(({ id }) => id)).size).toBe(parts.length)
    }),
    { numRuns: 300 },
  )
})

test('a part of another kind never takes the place of a part of a row', () => {
  const rows: Row[] = [
    { id: 'r', role: 'assistant', text: 'Hello you' },
    { id: 'r', role: 'assistant', parts: [{ type: 'text', text: 'Hello you' }] },
    { id: 'r', role: 'assistant', parts: [{ type: 'text', id: '0', text: 'Hello you' }] },
  ]
  fc.assert(
    fc.property(order, fc.constantFrom(...rows), (wires, row) => {
      const reader = new Reader()
      applyRows(reader.conversation, [row])
      for (const wire of wires) reader.read(wire)
      expect(reader.response('r')).toMatchObject({ text: 'Hello you', status: 'complete' })
    }),
    { numRuns: 300 },
  )
})

test('a part that comes twice is one, though what had its id is gone', () => {
  const reader = new Reader()
  applyRows(reader.conversation, [{ id: 'r', role: 'assistant', status: 'streaming', text: 'So' }])
  const source = all.find(({ name }) => name === 'source')!
  reader.read(source)
  reader.read({ serial: 'b1', name: 'token', data: 'So', headers: { ...headers, part: '1', end: '2' } })
  reader.read(source)
  expect(reader.response('r')!.parts.map(({ type }) => type)).toEqual(['source-url', 'text'])
})

test('a part that came beside an unfinished row shows once, when the channel takes the place of the row', () => {
  fc.assert(
    fc.property(order, order, (wires, again) => {
      const reader = new Reader()
      applyRows(reader.conversation, [{ id: 'r', role: 'assistant', status: 'streaming', text: 'Hello' }])
      for (const wire of [...wires, ...again]) reader.read(wire)
      expect(reader.response('r')!.parts).toMatchObject(expected)
    }),
    { numRuns: 300 },
  )
})

test('what a row without ids has shows once, wherever its parts stand, though the channel delivers it too', () => {
  const own = (serial: string, name: string, part: string, data: unknown): Wire & { serial: string } => ({
    serial,
    name,
    data,
    headers: { ...headers, part },
  })
  const wires = [
    own('a1', 'source', '0', { sourceId: '0', url: 'https://a.b' }),
    own('a2', 'data-count', '1', { n: 0, of: [1] }),
    own('a3', 'data-count', '2', { n: 1 }),
    own('a4', 'file', '3', { mediaType: 'a/b', url: 'https://a.b/c' }),
  ]
  const parts = [
    { type: 'source-url', sourceId: '0', url: 'https://a.b' },
    { type: 'data-count', data: { of: [1], n: 0 } },
    { type: 'data-count', data: { n: 1 } },
    { type: 'file', url: 'https://a.b/c', mediaType: 'a/b' },
    { type: 'text', text: 'Hello' },
  ]
  const inOrder = fc.shuffledSubarray(parts, { minLength: parts.length })
  fc.assert(
    fc.property(inOrder, fc.shuffledSubarray(wires), fc.boolean(), (kept, late, steps) => {
      const reader = new Reader()
      const row = {
        id: 'r',
        role: 'assistant',
        parts: steps ? [{ type: 'step-start' }, ...kept] : kept,
      } as const
      applyRows(reader.conversation, [row])
      for (const wire of late) reader.read(wire)
      const { parts: shown } = reader.response('r')!
      expect(shown).toMatchObject(kept)
      expect(shown).toHaveLength(kept.length)
    }),
  )
})
