import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { createReader } from './reader.ts'
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
  const read = async () => {
    const reader = createReader({ client: wire.client(), channelName: name })
    await reader.ready
    return reader
  }
  return { agent, serial, extras, say, edit, take, join, read, name }
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

  test('hides its end from no reader that understands texts only', async () => {
    const { say, edit, read } = await stage()
    await say('', 'done')
    await edit()
    const reader = await read()
    await until('the end', () => reader.getResponse('r')?.status === 'complete')
    expect(reader.getResponse('r')).toMatchObject({ text: 'Redacted.', editedBy: 'mod' })
    reader.close()
  })

  test.each(['its own agent', 'a server without a name'])(
    'hides its end from no reader, though it is by %s',
    async (who) => {
      const { agent, serial, extras, say, join, read, name } = await stage()
      await say('', 'done')
      const nobody = wire.client().channels.get(name)
      const editor = who === 'its own agent' ? agent : nobody
      await editor.updateMessage({ serial, name: 'response', data: 'Hello, all.', extras })
      const [session, reader] = await Promise.all([join(), read()])
      for (const { getResponse } of [session, reader]) {
        await until('the end', () => getResponse('r')?.status === 'complete')
        expect(getResponse('r')).toMatchObject({ text: 'Hello, all.', hasGap: false })
      }
      reader.close()
    },
  )

  test('is asked about again where the question failed', async () => {
    const { agent, say, edit, join } = await stage()
    await say('', 'done')
    await edit()
    const asked = vi.spyOn(Object.getPrototypeOf(agent) as typeof agent, 'getMessageVersions')
    asked.mockRejectedValueOnce(new Error('no connection'))
    const late = await join()
    await until('the question', () => asked.mock.calls.length === 1)
    await expect(asked.mock.results[0]!.value).rejects.toThrow()
    expect(late.getResponse('r')?.status).toBe('streaming')
    await agent.publish({ name: 'response', data: 'Next', extras: { headers: { responseId: 's' } } })
    await until('the end', () => late.getResponse('r')?.status === 'complete')
  })

  test('of an agent that never says how far its texts are costs one question', async () => {
    const { agent, serial, extras, join } = await stage()
    const { serials } = await agent.publish({
      name: 'response',
      data: 'A',
      extras: { headers: { responseId: 's' } },
    })
    await agent.updateMessage({ serial, name: 'response', data: 'Hello, all.', extras })
    await agent.updateMessage({ serial: serials[0]!, name: 'response', data: 'B' })
    const asked = vi.spyOn(Object.getPrototypeOf(agent) as typeof agent, 'getMessageVersions')
    const late = await join()
    await until('the question', () => asked.mock.calls.length > 0)
    await asked.mock.results[0]!.value
    await agent.publish({ name: 'response', data: 'C', extras: { headers: { responseId: 't' } } })
    await until('the next', () => late.getResponse('t') !== undefined)
    expect(asked).toHaveBeenCalledOnce()
    expect(late.getResponse('s')).toMatchObject({ text: 'B', status: 'streaming' })
  })
})
