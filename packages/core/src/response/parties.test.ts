import { describe, expect, test } from 'vitest'
import { allKnown, message, Reader } from '../../test/model/reader.ts'
import type { Wire } from '../../test/model/reader.ts'

const headers = { responseId: 'r', rejoin: '1' }

/** What a session shows of it. */
function shown(reader: Reader) {
  const state = reader.response('r')
  return reader.conversation.find('r')?.withheld ? undefined : state
}

/** No client can begin a response with one of these messages (PROTOCOL.md §8.1). */
const messages: [what: string, said: Wire][] = [
  [
    'progress',
    { name: 'tool_progress', data: { percentComplete: 5 }, headers: { ...headers, toolCallId: 'c' } },
  ],
  [
    'metadata of a part',
    { name: 'part-metadata', data: { providerMetadata: {} }, headers: { ...headers, part: '0' } },
  ],
  [
    'metadata of a call',
    { name: 'part-metadata', data: { toolMetadata: 1 }, headers: { ...headers, toolCallId: 'c' } },
  ],
  [
    'a preliminary result',
    { name: 'tool_result', data: { result: 1, preliminary: true }, headers: { ...headers, toolCallId: 'c' } },
  ],
  [
    'a confirmation',
    { name: 'approval-response', data: { decision: 'approved' }, headers: { ...headers, toolCallId: 'c' } },
  ],
  ['a retraction', { name: 'retract', data: { parts: ['3'] }, headers }],
]

describe.each(messages)('%s', (_, said) => {
  test('of a stranger shows no response, and takes none from its agent', () => {
    for (const live of [true, false]) {
      const eve = message({ ...said, clientId: 'eve' })
      const hello = message({
        name: 'response',
        data: 'Hello',
        headers: { ...headers, part: '0' },
        clientId: 'agent',
      })
      const alone = new Reader().read(eve, live ? 1 : undefined, live)
      expect(shown(alone)).toBeUndefined()
      for (const order of [
        [eve, hello],
        [hello, eve],
      ]) {
        const reader = new Reader()
        reader.conversation.known = allKnown
        for (const one of order) reader.read(one, live ? 1 : undefined, live)
        expect(shown(reader)).toMatchObject({ clientId: 'agent', text: 'Hello', serial: hello.serial })
      }
    }
  })

  test('of the agent counts, though a page of history brings it before the beginning', () => {
    const begin = message({ name: 'start', headers, clientId: 'agent' })
    const call = message({
      name: 'tool_call',
      data: { name: 'look', args: {} },
      headers: { ...headers, part: '0', toolCallId: 'c' },
      clientId: 'agent',
    })
    const all = [begin, call, message({ ...said, clientId: 'agent' })]
    const forth = new Reader()
    const back = new Reader()
    for (const one of all) forth.read(one, undefined, false)
    for (const one of all.toReversed()) back.read(one, undefined, false)
    expect(back.response('r')).toEqual(forth.response('r'))
    expect(back.response('r')).toMatchObject({ status: 'streaming', clientId: 'agent' })
  })
})

test('two messages that claim to be the same run of a part are no certain text, in either order', () => {
  const both = ['Hello', 'Howdy'].map((data) =>
    message({ name: 'response', data, headers: { ...headers, part: '0' }, clientId: 'agent' }),
  )
  for (const order of [both, both.toReversed()]) {
    const reader = new Reader()
    reader.conversation.known = allKnown
    for (const one of order) reader.read(one, undefined, false)
    expect(reader.response('r')).toMatchObject({ hasGap: true, verified: false })
  }
})
