import type { Realtime } from 'ably'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { until, Wire } from '../../test/wire/wire.ts'

// A client that the application closes and connects again, over real sockets.

let wire: Wire
beforeAll(async () => {
  wire = await Wire.start()
})
afterEach(() => wire.release())
afterAll(() => wire.close())

async function open() {
  const name = wire.channelName()
  const client = wire.client({ clientId: 'reader' })
  const session = wire.session(name, { client })
  const agent = wire.client({ clientId: 'agent' }).channels.get(name)
  const write = (data: string) =>
    agent.publish({ name: 'token', data, extras: { headers: { responseId: 'r' } } })
  await session.ready
  const status = (wanted: string) => until(wanted, () => session.getSnapshot().status === wanted)
  const text = (wanted: string) => until(wanted, () => session.getResponse('r')?.text === wanted)
  return { client, channel: client.channels.get(name), session, agent, write, status, text }
}

/** Closes a client and connects it again. Once another channel is attached, this one would be, too. */
async function reconnect(client: Realtime): Promise<void> {
  client.close()
  await client.connection.whenState('closed')
  client.connect()
  await client.connection.whenState('connected')
  await client.channels.get(wire.channelName()).attach()
}

test('a session attaches again, reads what it missed, and knows who is there', async () => {
  const { client, session, agent, write, status, text } = await open()
  await write('One')
  await text('One')
  client.close()
  await status('disconnected')
  await write(', two')
  await agent.presence.enter({ role: 'agent' })
  client.connect()
  await status('live')
  await text('One, two')
  await until('the agent', () => session.getSnapshot().agents.length === 1)
  await write(', three')
  await text('One, two, three')
  // As often as one likes.
  client.close()
  await status('disconnected')
  client.connect()
  await status('live')
})

test('a channel that the application detached stays detached', async () => {
  const { client, channel, status } = await open()
  await channel.detach()
  await status('disconnected')
  await reconnect(client)
  expect(channel.state).toBe('detached')
})

test('a session that was closed leaves its channel alone', async () => {
  const { client, channel, session } = await open()
  session.close()
  await reconnect(client)
  expect(channel.state).toBe('detached')
})
