import { checksum } from '@rejoin/core/protocol'
import { expect, describe, test } from 'vitest'
import { errors, heard, channelName } from './listening.ts'
import { RestAgent, type Mistakes, type Write } from './restAgent.ts'

const fragments = ['A rope 🪢 ', 'is a bundle ', 'of fibres, ', 'corde 👩‍👩‍👧, ', 'twisted together.']
const patterns = [
  { pattern: 'message-per-response', perToken: false },
  { pattern: 'message-per-token', perToken: true },
]

interface Case {
  readonly name: string
  readonly mistakes: Mistakes
  readonly section: string | { readonly response: string; readonly token: string }
  /** Of the report. */
  readonly says: RegExp
  readonly pattern?: string
}

const own = { rejoin: '1', presence: 'none', responseId: 'r1', promptId: 'p1' }
const call = { ...own, toolCallId: 't1' }
const swapped = (writes: Write[]): Write[] => [writes[0]!, writes[2]!, writes[1]!, ...writes.slice(3)]
const repeated = (writes: Write[]): Write[] => [...writes.slice(0, 2), ...writes.slice(1)]
const stamps = { response: '4.1', token: '4.2' }

const cases: Case[] = [
  {
    name: 'stamps count code points',
    mistakes: { length: (text) => Array.from(text).length },
    section: stamps,
    says: /counts code points; count UTF-16/,
  },
  {
    name: 'stamps count bytes',
    mistakes: { length: (text) => Buffer.byteLength(text) },
    section: stamps,
    says: /counts bytes of UTF-8/,
  },
  {
    name: 'stamps count characters',
    mistakes: { length: (text) => [...new Intl.Segmenter().segment(text)].length },
    section: stamps,
    says: /counts characters as people see them/,
  },
  {
    name: 'stamps are lengths of fragments',
    mistakes: { length: (_text, fragment) => fragment.length },
    section: stamps,
    says: /is the length of the fragment; give/,
  },
  {
    name: 'stamps are where fragments begin',
    mistakes: { length: (text, fragment) => text.length - fragment.length },
    section: stamps,
    says: /is where the fragment begins/,
  },
  {
    name: 'stamps are no decimals',
    mistakes: { length: (text) => text.length.toFixed(1) },
    section: '4',
    says: /decimal digits alone/,
  },
  {
    name: 'the checksum is upper case',
    mistakes: { checksum: (text) => checksum(text).toUpperCase() },
    section: '4.4',
    says: /upper case/,
  },
  {
    name: 'the checksum is of the last fragment',
    mistakes: { checksum: (_text, last) => checksum(last) },
    section: '4.4',
    says: /of the last fragment/,
  },
  {
    name: 'the checksum is of JSON',
    mistakes: { checksum: (text) => checksum(JSON.stringify(text)) },
    section: '4.4',
    says: /of the JSON text/,
  },
  {
    name: 'the checksum is decimal',
    mistakes: { checksum: (text) => String(Number.parseInt(checksum(text), 16)) },
    section: '4.4',
    says: /it is decimal/,
  },
  {
    name: 'the checksum is of something else',
    mistakes: { checksum: () => 'deadbeef' },
    section: '4.4',
    says: /got checksum deadbeef/,
  },
  {
    name: 'there is no checksum',
    mistakes: { checksum: () => undefined },
    section: '4.4',
    says: /close every text/,
  },
  { name: 'texts are not closed', mistakes: { neverCloses: true }, section: '4.4', says: /close every text/ },
  {
    name: 'no end marker',
    mistakes: { neverEnds: true },
    section: '3.2',
    says: /an end marker: (response-end|stop)/,
  },
  { name: 'two end markers', mistakes: { endsTwice: true }, section: '6.5', says: /under another id/ },
  {
    name: 'the end marker before the text',
    mistakes: { endsEarly: true },
    section: '6.3',
    says: /end marker last/,
  },
  {
    name: "the provider's own finish reason",
    mistakes: { end: { finishReason: 'end_turn' } },
    section: '3.3',
    says: /rawFinishReason/,
  },
  {
    name: 'an unknown status',
    mistakes: { headers: { status: 'done' } },
    section: '3',
    says: /status complete, stopped, error/,
  },
  {
    name: 'operations in parallel',
    mistakes: { order: swapped },
    section: { response: '9.3', token: '9.5' },
    says: /in parallel/,
  },
  {
    name: 'an append sent again',
    mistakes: { order: repeated },
    section: '9.4',
    says: /sent again, although it had arrived/,
    pattern: 'message-per-response',
  },
  {
    name: 'a token sent again under another id',
    mistakes: { order: repeated },
    section: '9.5',
    says: /keep the id of the first time/,
    pattern: 'message-per-token',
  },
  {
    name: 'a refused publish that is not made good',
    mistakes: { order: (writes) => writes.map((write, i) => (i === 2 ? { ...write, lost: true } : write)) },
    section: '6.2',
    says: /11 are missing/,
  },
  {
    name: 'no header responseId',
    mistakes: { without: ['responseId'] },
    section: '1.1',
    says: /header responseId/,
  },
  {
    name: 'header rejoin on some messages only',
    mistakes: { without: ['rejoin'], only: 1 },
    section: '3',
    says: /header rejoin/,
  },
  {
    name: 'another version',
    mistakes: { headers: { rejoin: '2' } },
    section: '7',
    says: /header rejoin: "1"/,
  },
  {
    name: 'no header part',
    mistakes: { without: ['part'] },
    section: '1.3',
    says: /number the parts of a response from 0/,
  },
  {
    name: 'no header promptId',
    mistakes: { without: ['promptId'] },
    section: '3',
    says: /which prompt the response answers/,
  },
  {
    name: 'neither present nor header presence',
    mistakes: { without: ['presence'] },
    section: '6.6',
    says: /presence: none/,
  },
  {
    name: 'parts are numbered from 1',
    mistakes: { part: '1' },
    section: '1.3',
    says: /expected part 0 got part 1/,
  },
  {
    name: 'a run without the one before',
    mistakes: { part: '0.1' },
    section: '1.3',
    says: /the run before it closed/,
  },
  {
    name: 'custom content without a part',
    mistakes: {
      middle: (agent) => agent.publish('custom', own, { kind: 'provider.thing' }),
    },
    section: '1.3',
    says: /custom .* expected header part/,
  },
  {
    name: 'a result with a part of its own',
    mistakes: {
      async middle(agent) {
        await agent.publish('tool_call', { ...call, part: '1' }, { name: 'search', args: {} })
        await agent.publish('tool_result', { ...call, part: '2' }, { name: 'search', result: {} })
      },
    },
    section: '1.3',
    says: /carry the part of their call/,
  },
  {
    name: 'a call without toolCallId',
    mistakes: {
      middle: (agent) =>
        agent.publish('tool_call', { ...call, part: '1', toolCallId: undefined! }, { name: 'x', args: {} }),
    },
    section: '2',
    says: /header toolCallId/,
  },
  {
    name: 'a question that outlives its response',
    mistakes: {
      middle: (agent) =>
        agent.publish('approval-request', { ...call, part: '1' }, { name: 'pay', arguments: {} }),
    },
    section: '6.9',
    says: /tool_result with error for every question/,
  },
  {
    name: 'response-complete in the middle, without stamps',
    mistakes: {
      without: ['rejoin', 'end', 'phase', 'checksum', 'part'],
      middle: (agent) =>
        agent.publish(
          'response-complete',
          { responseId: 'r1', promptId: 'p1' },
          fragments.slice(0, 2).join(''),
        ),
    },
    section: '5.8',
    says: /only at the end, with all of the text/,
    pattern: 'message-per-token',
  },
]

describe.each(patterns)('$pattern', ({ pattern, perToken }) => {
  const mine = cases.filter((one) => one.pattern === undefined || one.pattern === pattern)

  test('an agent that does everything right', async () => {
    const { live, past } = await heard((server) =>
      new RestAgent(server, channelName, perToken, {}).answer('p1', fragments),
    )
    expect({ live, past }).toEqual({ live: [], past: [] })
  })

  test.each(mine)('$name', async ({ mistakes, section, says }) => {
    const { live } = await heard((server) =>
      new RestAgent(server, channelName, perToken, mistakes).answer('p1', fragments),
    )
    const expected = typeof section === 'string' ? section : perToken ? section.token : section.response
    const said = errors(live).map((one) => [
      one.section,
      `${one.message} expected ${one.expected} got ${one.got} ${one.cause}`,
    ])
    expect(said.map(([where]) => where)).toContain(expected)
    expect(
      said.find(([where, text]) => where === expected && says.test(text!)),
      JSON.stringify(said, null, 1),
    ).toBeDefined()
  })

  test('a character split between two fragments', async () => {
    const torn = ['A rope \ud83e', '\udea2 is', ' a bundle']
    const { live } = await heard((server) =>
      new RestAgent(server, channelName, perToken, {}).answer('p1', torn),
    )
    expect(errors(live).map((one) => one.section)).toContain('4.5')
  })

  test('custom content counts as a part', async () => {
    const middle = async (agent: RestAgent) => {
      await agent.publish('custom', { ...own, part: '1' }, { kind: 'provider.thing' })
      await agent.publish('source', { ...own, part: '2' }, { sourceId: 's', url: 'https://a.example' })
    }
    const { live } = await heard((server) =>
      new RestAgent(server, channelName, perToken, { middle }).answer('p1', fragments),
    )
    expect(live).toEqual([])
  })

  test('one prompt answered twice', async () => {
    const { live } = await heard(async (server) => {
      await new RestAgent(server, channelName, perToken, {}).answer('p1', fragments)
      await new RestAgent(server, channelName, perToken, {}).answer('p1', fragments, 'r2')
    })
    expect(errors(live)).toMatchObject([{ section: '2.5', got: '2: responses r1, r2' }])
  })

  test('no answer', async () => {
    const { live } = await heard(async () => {})
    expect(live).toMatchObject([{ section: '2', got: 'none' }])
  })
})

test('an agent of no convention is told what it lacks, and no more', async () => {
  const without = ['rejoin', 'end', 'phase', 'checksum', 'part', 'presence']
  const { live } = await heard((server) =>
    new RestAgent(server, channelName, true, { without }).answer('p1', fragments),
  )
  expect(live).toMatchObject([{ severity: 'warning', section: '3', expected: 'header rejoin: 1' }])
})
