import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { message, Reader } from '../../test/model/reader.ts'
import type { Wire } from '../../test/model/reader.ts'
import { checksum } from '../protocol/checksum.ts'

const headers = { responseId: 'r', rejoin: '1' }

function whole(text: string, part: string): Wire[] {
  const end = String(text.length)
  return [
    { name: 'token', data: text, headers: { ...headers, part, end } },
    {
      name: 'token',
      data: '',
      headers: { ...headers, part, end, phase: 'done', checksum: checksum(text) },
    },
  ]
}

const stop: Wire = { name: 'stop', headers }

/** A page of history: newest messages of a response whose beginning is not read. */
function page(...wires: Wire[]): Reader {
  const reader = new Reader()
  for (const wire of wires) reader.read(wire, undefined, false)
  reader.conversation.want()
  return reader
}

describe('that a part is the first tells that nothing comes before it (PROTOCOL.md §1.3)', () => {
  test.each<[string, Wire]>([
    ['its first token', { name: 'token', data: 'Hm', headers: { ...headers, part: '0', end: '2' } }],
    ['its message', { name: 'response', data: 'Hm', headers: { ...headers, part: '0' } }],
    ['its source', { name: 'source', data: { url: 'https://a.test' }, headers: { ...headers, part: '0' } }],
  ])('%s does', (_name, first) => {
    const reader = page(first, ...whole('Hello', '1'), stop)
    expect(reader.response('r')).toMatchObject({ hasGap: false, status: 'complete' })
    expect(reader.conversation.needsPast).toBe(false)
  })

  test.each<[string, Wire]>([
    [
      'what its provider says of it at its end',
      { name: 'part-metadata', data: { providerMetadata: {} }, headers: { ...headers, part: '0' } },
    ],
    [
      'all of its text, said again',
      { name: 'response-complete', data: 'Hm', headers: { ...headers, part: '0', end: '2' } },
    ],
    ['its newest data', { name: 'data-count', data: { n: 2 }, headers: { ...headers, part: '0' } }],
    [
      'the message that takes the place of its own',
      { name: 'response', data: 'Hm', headers: { ...headers, part: '0', continues: 'gone' } },
    ],
  ])('%s does not', (_name, later) => {
    const reader = page(later, ...whole('Hello', '1'), stop)
    expect(reader.response('r')).toMatchObject({ hasGap: true, verified: false })
    expect(reader.conversation.needsPast).toBe(true)
  })

  test('an operation that is heard now does not; the message does, once it is read in its place', () => {
    const reader = new Reader()
    const create = { name: 'response', data: 'Hm', headers: { ...headers, part: '0' } }
    const old = message({ ...create, serial: '00000000', version: '00000009', action: 'update' })
    reader.read(old)
    for (const wire of [...whole('Hello', '1'), stop]) reader.read(wire)
    expect(reader.response('r')).toMatchObject({ hasGap: true, text: 'HmHello' })
    reader.read(old, undefined, false)
    expect(reader.response('r')).toMatchObject({ hasGap: false, text: 'HmHello' })
  })
})

test('a response answers the prompt that its oldest message names', () => {
  const wires = ['p', 'q', 'p', 's'].map((promptId, i): Wire => ({
    serial: `a${i}`,
    name: 'token',
    data: 'x',
    headers: { responseId: 'r', promptId },
  }))
  fc.assert(
    fc.property(fc.shuffledSubarray(wires, { minLength: 4 }), (all) => {
      const reader = new Reader()
      for (const wire of all) reader.read(wire, 1, false)
      expect(reader.response('r')).toMatchObject({ promptId: 'p' })
    }),
  )
})
