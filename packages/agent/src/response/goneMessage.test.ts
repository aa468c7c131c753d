import { createSession, history, type Session } from '@rejoin/core'
import { afterEach, describe, expect, test } from 'vitest'
import type { Pattern, ResponseRow } from '../index.ts'
import { Bench, historyReader } from '../../test/agentBench.ts'

/** The message that an answer grows in is gone: the answer ends all the same, whole and stored. */
let bench: Bench
afterEach(() => bench.close())

const soon = (run: () => void) => (queueMicrotask(run), () => {})

async function watch(channelName: string): Promise<Session> {
  const client = bench.client({ clientId: 'ann' })
  const session = createSession({ client, channelName, hydrate: history(), schedule: soon })
  await session.ready
  return session
}

const shown = (session: Session, id: string): Promise<void> =>
  new Promise((resolve) => {
    const look = () =>
      session.getResponse(id)?.status === 'complete' && session.getResponse(id)!.verified && resolve()
    session.subscribeResponse(id, look)
    look()
  })

describe.each<Pattern>(['message-per-response', 'message-per-token'])('%s', (pattern) => {
  test.each(['mid-answer', 'before the end'])('the server forgets everything, %s', async (when) => {
    bench = await Bench.start()
    const channelName = bench.channelName()
    const rows: ResponseRow[] = []
    const agent = bench.agent({ channelName, pattern, onComplete: (row) => void rows.push(row) })
    const session = await watch(channelName)
    const response = agent.respond({ responseId: 'r' })
    response.append('First half, ')
    if (when === 'before the end') response.append('second half.')
    await response.flush()
    await bench.server.faults.restart({ memory: false, downFor: 50 })
    if (when === 'mid-answer') response.append('second half.')
    await response.end()
    await shown(session, 'r')
    const { text, hasGap, verified, parts } = session.getResponse('r')!
    expect({ text, hasGap, verified, parts: parts.length }).toEqual({
      text: 'First half, second half.',
      hasGap: false,
      verified: true,
      parts: 1,
    })
    const later = await historyReader(bench.client().channels.get(channelName))
    expect(later.text('r')).toBe('First half, second half.')
    expect(rows.map((row) => [row.status, row.text])).toEqual([['complete', 'First half, second half.']])
    session.close()
  })
})

test.each(['append', 'update'])(
  'goes on in a new message when the retention has passed at an %s',
  async (action) => {
    bench = await Bench.start()
    const channelName = bench.channelName()
    const agent = bench.agent({ channelName })
    const session = await watch(channelName)
    const response = agent.respond({ responseId: 'r' })
    response.append('One, ')
    await response.flush()
    const { faults } = bench.server
    if (action === 'update') faults.refuse({ match: { action: 'append' }, times: 1 })
    faults.refuse({ match: { action }, error: 40400, times: 3 })
    for (const word of ['two, ', 'three, ', 'four, ', 'five.']) {
      response.append(word)
      await response.flush()
    }
    const { failures, repairs, status } = await response.end()
    expect({ status, failed: failures > 0 && repairs > 0 }).toMatchObject({
      status: 'complete',
      failed: true,
    })
    await shown(session, 'r')
    expect(session.getResponse('r')).toMatchObject({ text: 'One, two, three, four, five.', verified: true })
    expect(session.getResponse('r')!.parts).toHaveLength(1)
    const late = await watch(channelName)
    expect(late.getResponse('r')).toMatchObject({ text: 'One, two, three, four, five.', verified: true })
    expect(late.getResponse('r')!.parts).toHaveLength(1)
    session.close()
    late.close()
  },
)
