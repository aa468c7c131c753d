import { createSession } from '@rejoin/core'
import type { ResponseRow } from '@rejoin/core'
import { expect, test } from 'vitest'
import { streamed } from '../../test/providerRecordings.ts'
import { useBench } from '../../test/agentBench.ts'
import type { ModelEvent, Pattern } from '../index.ts'

const bench = useBench()

const call = { toolCallId: 'c', toolName: 'find' }
const said = (...pieces: string[]): ModelEvent[] => [
  { type: 'tool-input-start', ...call },
  ...pieces.map((inputTextDelta) => ({ type: 'tool-input-delta', toolCallId: 'c', inputTextDelta }) as const),
]

test.each<[string, string[], unknown]>([
  ['repaired', ['{"for":', '"a fx"}'], { for: 'a fox' }],
  ['said in part', ['{"for":'], { for: 'a fox' }],
  ['as they were said', ['{"for": ', '"a fox"}'], { for: 'a fox' }],
  ['none', [''], {}],
])('arguments that are %s: all have those that count', async (_name, pieces, input) => {
  for (const pattern of ['message-per-response', 'message-per-token'] satisfies Pattern[]) {
    const channelName = bench.channelName()
    const agent = bench.agent({ channelName, pattern })
    const session = createSession({ client: bench.client({ clientId: 'ann' }), channelName })
    await Promise.all([agent.ready, session.ready])
    const response = agent.respond({ responseId: 'r' })
    const events: ModelEvent[] = [
      ...said(...pieces),
      { type: 'tool-input-available', ...call, input },
      { type: 'finish', finishReason: 'tool-calls' },
    ]
    await response.pipe(streamed(events))
    await response.end()
    const late = createSession({ client: bench.client({ clientId: 'bob' }), channelName })
    await late.ready
    await bench.until(() => session.getResponse('r')?.status === 'complete')
    for (const { getResponse } of [session, late]) {
      const parts = getResponse('r')!.parts
      expect(parts).toMatchObject([{ type: 'tool-find', state: 'input-available', input }])
      expect(parts[0]).not.toHaveProperty('inputError')
    }
    session.close()
    late.close()
    await agent.close()
  }
})

test('a row has the arguments that a person was asked to approve, as readers have', async () => {
  const channelName = bench.channelName()
  const rows: ResponseRow[] = []
  const agent = bench.agent({ channelName, onComplete: (row) => void rows.push(row) })
  const session = createSession({ client: bench.client({ clientId: 'ann' }), channelName })
  await Promise.all([agent.ready, session.ready])
  const response = agent.respond({ responseId: 'r' })
  const events: ModelEvent[] = [
    { type: 'tool-input-available', ...call, input: { sum: 1 } },
    { type: 'tool-approval-request', ...call, input: { sum: 100 } },
    { type: 'finish', finishReason: 'tool-calls' },
  ]
  await response.pipe(streamed(events))
  await response.end()
  await bench.until(() => session.getResponse('r')?.status === 'complete')
  const asked = [{ type: 'tool-find', state: 'approval-requested', input: { sum: 100 } }]
  expect(session.getResponse('r')?.parts).toMatchObject(asked)
  expect(rows[0]?.parts).toMatchObject(asked)
  session.close()
  await agent.close()
})

test.each<Pattern>(['message-per-response', 'message-per-token'])(
  'a row has the parts that readers have, in their order, and no call that was announced only: %s',
  async (pattern) => {
    const channelName = bench.channelName()
    const rows: ResponseRow[] = []
    const agent = bench.agent({ channelName, pattern, onComplete: (row) => void rows.push(row) })
    const session = createSession({ client: bench.client({ clientId: 'ann' }), channelName })
    await Promise.all([agent.ready, session.ready])
    const response = agent.respond({ responseId: 'r' })
    const events: ModelEvent[] = [
      { type: 'tool-input-start', ...call },
      { type: 'text-start', id: 't' },
      { type: 'text-delta', id: 't', delta: 'Looking.' },
      { type: 'text-end', id: 't' },
      { type: 'tool-input-start', toolCallId: 'never', toolName: 'lost' },
      { type: 'tool-input-available', ...call, input: {} },
      { type: 'data-x', id: 'x', data: 1 },
      { type: 'finish', finishReason: 'stop' },
    ]
    await response.pipe(streamed(events))
    await response.end()
    await bench.until(() => session.getResponse('r')?.status === 'complete')
    const types = ['text', 'tool-find', 'data-x']
    expect(session.getResponse('r')?.parts.map(({ type }) => type)).toEqual(types)
    expect(rows[0]?.parts?.map(({ type }) => type)).toEqual(types)
    session.close()
    await agent.close()
  },
)
