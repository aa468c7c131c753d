import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until, Wire } from '../../test/wire/wire.ts'
import type { Session } from '../index.ts'

let wire: Wire

beforeAll(async () => {
  wire = await Wire.start()
})
afterEach(() => wire.release())
afterAll(() => wire.close())

const shown = (session: Session) => session.getSnapshot().messages.map(({ id }) => id)
const all = (session: Session) => session.getSnapshot().entries.map(({ id }) => id)

/** An agent of no convention that answers every prompt: `r1` to the first, and so on. */
async function answering(name: string): Promise<Record<string, unknown>[]> {
  const channel = wire.client({ clientId: 'agent' }).channels.get(name)
  const got: Record<string, unknown>[] = []
  await channel.subscribe('user-input', async ({ data }) => {
    got.push(data as Record<string, unknown>)
    const headers = { responseId: `r${got.length}`, promptId: (data as { promptId: string }).promptId }
    await channel.publish({ name: 'agent-response', data: `To ${data.text}`, extras: { headers } })
  })
  return got
}

async function ask(session: Session, text: string, more: object = {}): Promise<string> {
  const before = all(session).length
  const id = await session.sendMessage({ text, ...more })
  await until(`the answer to ${text}`, () => all(session).length === before + 2)
  return id
}

test('an edit, another answer further up, back and forth; another device shows where someone last spoke', async () => {
  const name = wire.channelName()
  const got = await answering(name)
  const session = wire.session(name)
  const other = wire.session(name, { clientOptions: { clientId: 'other' } })
  await Promise.all([session.ready, other.ready])
  const first = await ask(session, 'one', {
    metadata: { n: 1 },
    data: { files: [{ url: 'https://a.test' }] },
  })
  const second = await ask(session, 'two')
  expect(got).toMatchObject([{ parent: null }, { parent: 'r1' }])
  expect(shown(session)).toEqual([first, 'r1', second, 'r2'])
  expect(session.getBranch(first)).toBeUndefined()

  // Another answer to the first prompt, with all that it had.
  const again = await session.regenerate('r1')
  await until('another answer', () => session.getResponse('r3') !== undefined)
  expect(got[2]).toEqual({
    promptId: again,
    text: 'one',
    replaces: first,
    regenerate: 'r1',
    metadata: { n: 1 },
    files: [{ url: 'https://a.test' }],
  })
  expect(shown(session)).toEqual([first, 'r3'])
  expect(session.getBranch('r3')).toEqual({ versions: [first, again], index: 1 })
  expect(session.getBranch('r3')).toBe(session.getBranch('r3'))
  await until('the other device', () => shown(other).length === 2)
  session.selectBranch(first)
  expect(shown(session)).toEqual([first, 'r1', second, 'r2'])
  expect(shown(other)).toEqual([first, 'r3'])

  // In other words.
  const edited = await session.editMessage(first, { text: 'uno' })
  await until('its answer', () => session.getResponse('r4') !== undefined)
  expect(got[3]).toMatchObject({ replaces: first, parent: null })
  expect(shown(session)).toEqual([edited, 'r4'])
  expect(session.getBranch(edited)).toEqual({ versions: [first, edited], index: 1 })
  session.selectBranch(first)
  const third = await ask(session, 'three')
  expect(got[4]).toMatchObject({ parent: 'r2' })
  expect(shown(session)).toEqual([first, 'r1', second, 'r2', third, 'r5'])
  await until('the other device', () => shown(other).at(-1) === 'r5')
  expect(shown(other)).toEqual(shown(session))
  expect(all(other)).toEqual(all(session))
})

test('what a device has chosen is kept by its application, and a sender goes on seeing what they sent', async () => {
  const name = wire.channelName()
  await answering(name)
  const session = wire.session(name)
  await session.ready
  const first = await ask(session, 'one')
  const edited = await session.editMessage(first, { text: 'uno' })
  await until('its answer', () => session.getResponse('r2') !== undefined)
  let kept: readonly string[] = []
  const device = wire.session(name, {
    clientOptions: { clientId: 'other' },
    branches: { onSelect: (selected) => (kept = selected) },
  })
  await device.ready
  expect(shown(device)).toEqual([edited, 'r2'])
  device.selectBranch(first)
  expect(shown(device)).toEqual([first, 'r1'])
  const mine = await ask(device, 'mine')
  // Someone speaks in the other branch: it shows to others, not here.
  await session.sendMessage({ text: 'theirs', parent: 'r2' })
  await until('all of it', () => all(device).length === 8)
  expect(shown(device)).toEqual([first, 'r1', mine, 'r3'])
  const reloaded = wire.session(name, { clientOptions: { clientId: 'other' }, branches: { selected: kept } })
  await reloaded.ready
  expect(shown(reloaded)).toEqual(shown(device))
})

test('stopped before its answer begins, on every device, with no agent there', async () => {
  const name = wire.channelName()
  const session = wire.session(name, { clientOptions: { clientId: 'ann' } })
  const other = wire.session(name, { clientOptions: { clientId: 'bob' } })
  await Promise.all([session.ready, other.ready])
  const id = await session.sendMessage({ text: 'wait' })
  await until('the prompt', () => other.getPrompt(id)?.status === 'sent')
  await other.stop(id)
  await session.stop()
  await until('the stop', () => other.getPrompt(id)?.status === 'stopped')
  const late = wire.session(name, { clientOptions: { clientId: 'eve' } })
  await late.ready
  expect(late.getPrompt(id)?.status).toBe('stopped')
})

test('the queue: the same on every device, and the same array until it changes', async () => {
  const name = wire.channelName()
  const agent = wire.client({ clientId: 'agent' }).channels.get(name)
  const session = wire.session(name)
  await session.ready
  const id = await session.sendMessage({ text: 'wait' })
  const say = (status: string) =>
    agent.publish({ name: 'prompt-status', data: { status }, extras: { headers: { promptId: id } } })
  await say('queued')
  await until('the queue', () => session.getQueue().length === 1)
  expect(session.getQueue()).toMatchObject([{ id, text: 'wait', status: 'queued' }])
  expect(session.getQueue()).toBe(session.getQueue())
  await say('ignored')
  await until('the end of it', () => session.getQueue().length === 0)
  expect(session.getPrompt(id)?.status).toBe('ignored')
})
