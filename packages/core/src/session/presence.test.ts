import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { until, Wire } from '../../test/wire/wire.ts'
import { PresenceWatch } from './presence.ts'

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start({ connectionStateTtl: 1_000 })
})
afterEach(() => wire.release())
afterAll(() => wire.close())

const ids = (members: readonly { clientId: string }[]) => members.map(({ clientId }) => clientId).sort()

/** A session, and a connection that may be anyone. */
async function crowd() {
  const name = wire.channelName()
  const others = wire.client().channels.get(name)
  await others.attach()
  const watch = vi.fn<() => void>()
  const client = wire.client({ clientId: 'reader' })
  const session = wire.session(name, { client })
  await session.ready
  session.subscribe(watch)
  return { name, others, session, watch, presence: client.channels.get(name).presence, client }
}

test('150 members come one by one: the set is read once, and each is told of once a frame at most', async () => {
  const { others, session, watch, presence } = await crowd()
  const reads = vi.spyOn(presence, 'get')
  const names = Array.from({ length: 150 }, (_, i) => `user-${i}`).sort()
  for (const name of names) await others.presence.enterClient(name, { name })
  await until('all', () => session.getSnapshot().users.length === 150)
  expect(ids(session.getSnapshot().users)).toEqual(names)
  expect(reads.mock.calls.length).toBeLessThanOrEqual(1)
  expect(watch.mock.calls.length).toBeLessThanOrEqual(151)
  const [first] = session.getSnapshot().users
  await others.presence.leaveClient('user-9')
  await until('one less', () => session.getSnapshot().users.length === 149)
  // Those who stay are the same objects.
  expect(session.getSnapshot().users[0]).toBe(first)
})

test('one client on two connections is one member, with the newest data', async () => {
  const { name, session, presence } = await crowd()
  const [phone, desk] = ['a', 'b'].map(() => wire.client({ clientId: 'ana' }).channels.get(name))
  await phone!.presence.enter({ at: 'phone' })
  await until('the phone', () => session.getSnapshot().users.length === 1)
  // Of two connections, the one with the later timestamp counts.
  const [{ timestamp } = { timestamp: Infinity }] = await presence.get({ clientId: 'ana' })
  await until('the next millisecond', () => Date.now() > timestamp)
  await desk!.presence.enter({ at: 'desk' })
  const ana = () => session.getSnapshot().users.find(({ clientId }) => clientId === 'ana')
  await until('both', () => ana()?.connections === 2)
  expect(ana()!.data).toEqual({ at: 'desk' })
  await desk!.presence.leave()
  await until('one', () => ana()?.connections === 1)
  expect(ana()!.data).toEqual({ at: 'phone' })
  await phone!.presence.update({ role: 'agent' })
  await until('an agent', () => session.getSnapshot().agents.length === 1)
  expect(session.getSnapshot().users).toEqual([])
})

test('after an attach anew, those who are there show, and those who left meanwhile do not', async () => {
  const { name, others, session, client } = await crowd()
  for (const id of ['stays', 'goes']) await others.presence.enterClient(id)
  await until('both', () => session.getSnapshot().users.length === 2)
  const channel = client.channels.get(name)
  await channel.detach()
  await others.presence.leaveClient('goes')
  await others.presence.enterClient('comes')
  await channel.attach()
  await until('the two', () => ids(session.getSnapshot().users).join() === 'comes,stays')
})

test('members show when the channel attaches after all', async () => {
  const name = wire.channelName()
  await wire.client({ clientId: 'ana' }).channels.get(name).presence.enter()
  const channel = wire.client({ clientId: 'reader' }).channels.get(name)
  const allow = wire.server.faults.refuse({ on: 'attach', match: { channel: name }, error: 50000 })
  const presence = new PresenceWatch(channel, {
    isAgent: () => false,
    onEvent() {},
    onStale: () => presence.update(),
    onChange() {},
  })
  await expect(presence.start()).rejects.toThrow()
  allow()
  await channel.attach()
  // An absence means something from now on.
  await until('the set', () => presence.synced)
  expect(ids(presence.current.users)).toEqual(['ana'])
  presence.stop()
})
