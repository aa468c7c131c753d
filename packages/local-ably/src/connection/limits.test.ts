import type * as Ably from 'ably'
import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { collect, connected, errorOf, formats, pause, uniqueName, useServer } from '../../test/clients.ts'
import { startLocalAbly } from '../index.ts'

const { realtime, rest } = useServer({
  limits: { connectionRate: 10, channelRate: 15, messageSize: 1000, channelsPerConnection: 3, restRate: 200 },
})

const codes = async (promises: Promise<unknown>[]) =>
  (await Promise.allSettled(promises)).map((one) =>
    one.status === 'fulfilled' ? 0 : (one.reason as Ably.ErrorInfo).code,
  )

describe.each(formats)('limits over $format', ({ useBinaryProtocol }) => {
  const open = (options = {}) => realtime({ useBinaryProtocol, ...options })

  test('frames per second of a connection: 42911, and it lives on', async () => {
    const client = open()
    const channel = client.channels.get(uniqueName())
    await connected(client)
    // So many that no machine is slow enough to earn credit for all of them.
    const answers = await codes(Array.from({ length: 400 }, (_, i) => channel.publish('n', String(i))))
    expect(answers.filter((code) => code === 0).length).toBeGreaterThanOrEqual(10)
    expect(answers).toContain(42911)
    while ((await codes([channel.publish('n', 'again')]))[0] === 42911) await pause(50)
    expect(client.connection.state).toBe('connected')
  })

  test('messages per second of a channel: 42913, over REST 429', async () => {
    const name = uniqueName()
    const channel = rest({ useBinaryProtocol }).channels.get(name)
    // Side by side, so that a slow machine does not give the second its second of credit.
    const two = [1, 2].map(() => channel.publish(Array.from({ length: 15 }, () => ({ data: 'x' }))))
    const refused = (await Promise.allSettled(two)).find((one) => one.status === 'rejected')
    expect(refused?.reason).toMatchObject({ code: 42913, statusCode: 429 })
  })

  test('message size: 40009', async () => {
    const channel = open({ maxMessageSize: 100_000 }).channels.get(uniqueName())
    // The SDK learns our limit when it connects, and refuses by itself; REST has not learnt it.
    const own = rest({ useBinaryProtocol }).channels.get(uniqueName())
    const error = await errorOf(own.publish('n', 'x'.repeat(2000)))
    expect([error.code, error.statusCode]).toEqual([40009, 413])
    await channel.attach()
    expect((await errorOf(channel.publish('n', 'x'.repeat(2000)))).code).toBe(40009)
  })

  test('channels of a connection: 90010', async () => {
    const client = open()
    for (let i = 0; i < 3; i++) await client.channels.get(uniqueName()).attach()
    expect((await errorOf(client.channels.get(uniqueName()).attach())).code).toBe(90010)
  })

  test('a rate claimed by the token', async () => {
    const now = Math.floor(Date.now() / 1000)
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = { iat: now, exp: now + 60, 'ably.limits.publish.perAttachment.maxRate.slow:*': 2 }
    const signed = `${encode({ alg: 'HS256', kid: 'local.key' })}.${encode(claims)}`
    const token = `${signed}.${createHmac('sha256', 'secret').update(signed).digest('base64url')}`
    const channel = open({ token }).channels.get(uniqueName('slow'))
    const answers = await codes(Array.from({ length: 100 }, () => channel.publish('n', 'x')))
    expect(answers.slice(0, 2)).toEqual([0, 0])
    expect(answers).toContain(42911)
  })
})

test('merged appends count once', async () => {
  const channel = realtime({ transportParams: { appendRollupWindow: 100 }, clientId: 'a' }).channels.get(
    uniqueName(),
  )
  const { serials } = await channel.publish('n', '')
  await Promise.all('abcdefgh'.split('').map((data) => channel.appendMessage({ serial: serials[0]!, data })))
  expect((await channel.getMessage(serials[0]!)).data).toBe('abcdefgh')
})

test('a slow consumer loses messages, and is told so with 80020', async () => {
  const own = await startLocalAbly({ limits: { outboundBytes: 200_000 } })
  const { key, ...where } = own.clientOptions
  const reader = realtime({ key, ...where })
  const name = uniqueName()
  const channel = reader.channels.get(name)
  const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
  await got.subscribed
  const updated = new Promise<Ably.ChannelStateChange>((resolve) => channel.once('update', resolve))
  const thaw = own.faults.freeze({ match: { connectionId: reader.connection.id! } })
  const writer = realtime({ key, ...where }).channels.get(name)
  for (let i = 0; i < 40; i++) await writer.publish('n', 'x'.repeat(30_000))
  thaw()
  const change = await updated
  expect(change).toMatchObject({ resumed: false, reason: { code: 80020 } })
  expect(got.items.length).toBeLessThan(40)
  await writer.publish('n', 'end')
  while (got.items.at(-1)?.data !== 'end') await pause(10)
  await own.close()
})

test('what is past its retention is gone', async () => {
  const own = await startLocalAbly({
    retention: { recent: 200, persisted: 60_000 },
    namespaces: [
      { id: 'kept', persisted: true },
      { id: 'last', persistLast: true },
    ],
  })
  const { key, ...where } = own.clientOptions
  const client = rest({ key, ...where })
  for (const name of ['brief:1', 'kept:1', 'last:1']) {
    await client.channels.get(name).publish('n', '1')
    await client.channels.get(name).publish('n', '2')
  }
  const count = async (name: string) => (await client.channels.get(name).history()).items.length
  while ((await count('brief:1')) > 0 || (await count('last:1')) > 1) await pause(10)
  expect(await Promise.all(['brief:1', 'kept:1', 'last:1'].map(count))).toEqual([0, 2, 1])
  await own.close()
})
