import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { checksum } from '../protocol/checksum.ts'
import { Reader, message } from '../../test/model/reader.ts'
import type { Wire } from '../../test/model/reader.ts'

let at = 0
const next = () => String(++at).padStart(6, '0')
const headers = { responseId: 'r', rejoin: '1', part: '0' }

/** The pieces of a value, and the headers of the message that uses it. */
function pieces(value: unknown, size: number): { messages: Wire[]; ref: Record<string, string> } {
  const text = JSON.stringify(value)
  const id = `v${next()}`
  const messages: Wire[] = []
  for (let i = 0; i < text.length; i += size) {
    const data = text.slice(i, i + size)
    const end = String(i + data.length)
    messages.push({
      name: 'value',
      data,
      serial: next(),
      headers: { responseId: 'r', rejoin: '1', value: id, end },
    })
  }
  return { messages, ref: { value: id, length: String(text.length), checksum: checksum(text) } }
}

const uses: [
  string,
  (ref: Record<string, string>) => Wire,
  (response: { parts: readonly unknown[] }) => unknown,
][] = [
  [
    'a result',
    (ref) => ({
      name: 'tool_result',
      data: { name: 'look' },
      serial: next(),
      headers: { ...headers, toolCallId: 't', ...ref },
    }),
    ({ parts }) => (parts[0] as { output?: unknown }).output,
  ],
  [
    'arguments',
    (ref) => ({
      name: 'tool_call',
      data: { name: 'look' },
      serial: next(),
      headers: { ...headers, toolCallId: 't', ...ref },
    }),
    ({ parts }) => (parts[0] as { input?: unknown }).input,
  ],
  [
    'data',
    (ref) => ({ name: 'data-chart', serial: next(), headers: { ...headers, ...ref } }),
    ({ parts }) => (parts[0] as { data?: unknown }).data,
  ],
]

describe.each(uses)('a value in pieces (PROTOCOL.md §1.5): %s', (_, use, valueOf) => {
  test('is whole when all of it has come, in any order; until then the part says so and shows no other', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ maxDepth: 2 }).filter((value) => JSON.stringify(value).length > 2),
        fc.integer({ min: 1, max: 5 }),
        fc.infiniteStream(fc.nat()),
        (value, size, random) => {
          const { messages, ref } = pieces(value, size)
          const all = [...messages, use(ref)].map((wire) => message(wire))
          const order = all
            .map((one) => ({ one, at: random.next().value as number }))
            .sort((a, b) => a.at - b.at)
            .map(({ one }) => one)
          const reader = new Reader().read({ name: 'start', headers: { responseId: 'r', rejoin: '1' } })
          for (const [i, one] of order.entries()) {
            reader.read(one)
            const response = reader.response('r')
            if (i === order.length - 1 || !response?.parts.length) continue
            const [part] = response.parts
            if (!(part as { incomplete?: object }).incomplete) continue
            expect(valueOf(response)).toBeUndefined()
            expect(response.hasGap).toBe(true)
          }
          const response = reader.response('r')!
          expect(valueOf(response)).toEqual(JSON.parse(JSON.stringify(value)))
          expect(response.parts[0]).not.toHaveProperty('incomplete')
          expect(response.gaps).toEqual([])
        },
      ),
      { numRuns: 300 },
    )
  })

  test('one that lost a piece, or is another, never shows', () => {
    const { messages, ref } = pieces({ big: 'x'.repeat(50) }, 10)
    const reader = new Reader().read({ name: 'start', headers: { responseId: 'r', rejoin: '1' } })
    for (const [i, wire] of messages.entries()) if (i !== 2) reader.read(wire)
    reader.read(use(ref))
    expect(valueOf(reader.response('r')!)).toBeUndefined()
    expect(reader.response('r')!.parts[0]).toMatchObject({ incomplete: { length: Number(ref.length) } })
    const other = new Reader()
    for (const wire of messages) other.read(wire)
    other.read(use({ ...ref, checksum: '00000000' }))
    expect(valueOf(other.response('r')!)).toBeUndefined()
  })
})

test('a text that is data stays a text when the agent follows the protocol', () => {
  const reader = new Reader().read({ name: 'data-note', data: '{"a":1}', headers })
  expect(reader.response('r')?.parts).toMatchObject([{ data: '{"a":1}' }])
  const plain = new Reader().read({ name: 'data-note', data: '{"a":1}', headers: { responseId: 'r' } })
  expect(plain.response('r')?.parts).toMatchObject([{ data: { a: 1 } }])
  const number = new Reader().read({ name: 'data-note', data: '12', headers: { responseId: 'r' } })
  expect(number.response('r')?.parts).toMatchObject([{ data: '12' }])
})

test('a preliminary result never overrides a final one, in any order', () => {
  const tool = { ...headers, toolCallId: 't' }
  const messages = [
    message({
      name: 'tool_call',
      data: { name: 'mcp', args: {}, dynamic: true, providerExecuted: true, title: 'MCP' },
      serial: next(),
      headers: tool,
    }),
    message({
      name: 'tool_result',
      data: { name: 'mcp', result: 'half', preliminary: true },
      serial: next(),
      headers: tool,
    }),
    message({ name: 'tool_result', data: { name: 'mcp', result: 'all' }, serial: next(), headers: tool }),
    message({
      name: 'tool_result',
      data: { name: 'mcp', result: 'late', preliminary: true },
      serial: next(),
      headers: tool,
    }),
  ]
  fc.assert(
    fc.property(fc.shuffledSubarray(messages, { minLength: 4 }), (order) => {
      const reader = new Reader()
      for (const one of order) reader.read(one)
      const [part] = reader.response('r')!.parts
      expect(part).toMatchObject({
        type: 'dynamic-tool',
        toolName: 'mcp',
        title: 'MCP',
        providerExecuted: true,
        state: 'output-available',
        output: 'all',
      })
      expect(part).not.toHaveProperty('preliminary')
    }),
  )
})

test('files and documents are parts', () => {
  const reader = new Reader()
  reader.read({
    name: 'file',
    data: { mediaType: 'image/png', url: 'data:image/png;base64,AA==', filename: 'a.png' },
    headers,
  })
  reader.read({
    name: 'source-document',
    data: { sourceId: 's', mediaType: 'application/pdf', title: 'Report' },
    headers: { ...headers, part: '1' },
  })
  expect(reader.response('r')?.parts).toEqual([
    { id: '0', type: 'file', mediaType: 'image/png', url: 'data:image/png;base64,AA==', filename: 'a.png' },
    { id: '1', type: 'source-document', sourceId: 's', mediaType: 'application/pdf', title: 'Report' },
  ])
})

test('data that is nested too deeply is reported and skipped', () => {
  const deep = '['.repeat(50_000) + ']'.repeat(50_000)
  const reader = new Reader()
  expect(() => reader.read({ name: 'data-x', data: deep, headers: { responseId: 'r' } })).toThrow(
    /nested more than/,
  )
})
