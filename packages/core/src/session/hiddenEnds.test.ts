import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { until, Wire } from '../../test/wire/wire.ts'

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start()
})
afterEach(() => {
  vi.restoreAllMocks()
  return wire.release()
})
afterAll(() => wire.close())

/** An agent of the documented pattern, message per response, and a moderator who edits its text. */
async function stage() {
  const name = wire.channelName()
  const agent = wire.client({ clientId: 'agent' }).channels.get(name)
  const moderator = wire.client({ clientId: 'mod' }).channels.get(name)
  const extras = { headers: { responseId: 'r' } }
  const { serials } = await agent.publish({ name: 'response', data: 'Hello', extras })
  const serial = serials[0]!
  const say = (data: string, phase: string) => agent.appendMessage({ serial, data }, { metadata: { phase } })
  const edit = () => moderator.updateMessage({ serial, name: 'response', data: 'Redacted.', extras })
  const take = () => moderator.deleteMessage({ serial })
  const join = async () => {
    const session = wire.session(name)
    await session.ready
    return session
  }
  return { agent, say, edit, take, join }
}

describe('an edit of a plain answer that has no end marker', () => {
  test.each([
    ['edit', 'Redacted.'],
    ['take', ''],
  ] as const)('hides its end from no reader, whenever they come: %s', async (how, text) => {
    const { say, join, ...change } = await stage()
    const live = await join()
    await say(' world', 'streaming')
    await say('', 'done')
    await change[how]()
    const late = await join()
    for (const session of [live, late]) {
      const isShown = () => session.getResponse('r')?.text === text
      await until('the end', () => isShown() && session.getResponse('r')?.status === 'complete')
      expect(session.getResponse('r')).toMatchObject({ editedBy: 'mod', hasGap: false })
    }
  })

  test('ends nothing: an answer that is edited while it streams goes on', async () => {
    const { agent, say, edit, join } = await stage()
    const asked = vi.spyOn(Object.getPrototypeOf(agent) as typeof agent, 'getMessageVersions').mock.results
    await say(' world', 'streaming')
    await edit()
    const late = await join()
    await until('the question', () => asked.length === 1)
    await asked[0]!.value
    await new Promise((resolve) => setImmediate(resolve))
    late.flush()
    expect(late.getResponse('r')).toMatchObject({ text: 'Redacted.', status: 'streaming' })
    await say(' More.', 'streaming')
    await until('more', () => late.getResponse('r')?.text === 'Redacted. More.')
    expect(late.getResponse('r')?.status).toBe('streaming')
    await say('', 'done')
    await until('the end', () => late.getResponse('r')?.status === 'complete')
  })
})
