import { once } from 'node:events'
import * as Ably from 'ably'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { testPatience } from '../../core/test/patience.ts'
import { startLocalAbly, type LocalAbly } from './index.ts'
import { connected, errorOf, uniqueName, useServer } from '../test/clients.ts'

const basic = (key: string) => `Basic ${Buffer.from(key).toString('base64')}`
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`

describe('what is kept', () => {
  const { server, rest } = useServer({ retention: { bytes: 200_000, totalBytes: 600_000 } })
  const stored = async (name: string) => {
    const { items } = await rest().channels.get(name).history({ limit: 1000 })
    return items.map((item) => ({ name: item.name, size: String(item.data).length }))
  }
  const sum = (items: { size: number }[]) => items.reduce((all, { size }) => all + size, 0)

  test('is bounded in bytes per channel: the oldest messages go', async () => {
    const name = uniqueName()
    const channel = rest().channels.get(name)
    for (let i = 0; i < 50; i++) await channel.publish(`n${i}`, 'x'.repeat(10_000))
    const items = await stored(name)
    expect(sum(items)).toBeLessThan(200_000)
    expect(sum(items)).toBeGreaterThan(100_000)
    expect(items[0]!.name).toBe('n49')
  })

  test('counts versions and annotations', async () => {
    const name = uniqueName()
    const channel = rest({ clientId: 'ann' }).channels.get(name)
    for (let round = 0; round < 5; round++) {
      const { serials } = await channel.publish('n', 'x'.repeat(10_000))
      for (let i = 0; i < 10; i++)
        await channel.updateMessage({ serial: serials[0]!, data: 'y'.repeat(10_000) })
      await channel.annotations.publish(serials[0]!, { type: 'note', data: 'z'.repeat(10_000) })
    }
    expect((await stored(name)).length).toBeLessThanOrEqual(1)
  })

  test('is bounded in bytes over all channels: the largest gives way', async () => {
    const names = Array.from({ length: 8 }, () => uniqueName())
    for (const name of names) {
      for (let i = 0; i < 15; i++) await rest().channels.get(name).publish('n', 'x'.repeat(10_000))
    }
    const small = uniqueName()
    await rest().channels.get(small).publish('small', 'x')
    for (let i = 0; i < 15; i++) await rest().channels.get(names[0]!).publish('n', 'x'.repeat(10_000))
    const all = await Promise.all([...names, small].map(stored))
    expect(sum(all.flat())).toBeLessThan(600_000)
    expect(all.at(-1)).toEqual([{ name: 'small', size: 1 }])
  })

  test('counts presence too, and refuses more when messages cannot make room', async () => {
    const small = await startLocalAbly({ retention: { totalBytes: 400_000 } })
    const client = new Ably.Realtime({ ...small.clientOptions, logLevel: 0 })
    const channel = client.channels.get('c')
    await channel.attach()
    const data = 'x'.repeat(60_000)
    const outcomes = await Promise.allSettled(
      Array.from({ length: 10 }, (_, i) => channel.presence.enterClient(`c${i}`, data)),
    )
    const refused = outcomes.flatMap((one) =>
      one.status === 'rejected' ? [one.reason as Ably.ErrorInfo] : [],
    )
    expect(refused.length).toBeGreaterThan(2)
    expect(refused[0]).toMatchObject({ code: 50003, statusCode: 503 })
    for (const [i, { status }] of outcomes.entries()) {
      if (status === 'fulfilled') await channel.presence.leaveClient(`c${i}`)
    }
    // Those who left made room.
    await channel.presence.enterClient('late', data)
    client.close()
    await small.close()
  })

  test('a resume from before what was dropped says so', async () => {
    const name = uniqueName()
    const client = new Ably.Realtime({
      ...server().clientOptions,
      logLevel: 0,
      disconnectedRetryTimeout: 100,
    })
    const channel = client.channels.get(name)
    await channel.attach()
    const match = { connectionId: client.connection.id! }
    const admit = server().faults.drop({ match, refuseFor: testPatience })
    const attached = new Promise<Ably.ChannelStateChange>((resolve) => channel.on('attached', resolve))
    for (let i = 0; i < 50; i++) await rest().channels.get(name).publish('n', 'x'.repeat(10_000))
    admit()
    expect((await attached).resumed).toBe(false)
    client.close()
  })
})

describe('sizes', () => {
  const { server, realtime, rest } = useServer({ limits: { connections: 8, channels: 5 } })
  // Each of these apps has channels of its own to spare.
  const client = (options = {}) => realtime({ ...server().createApp(), clientId: 'ann', ...options })
  const publish = (message: string) => {
    const { key } = server().createApp()
    return fetch(`${server().url}/channels/c/messages`, {
      method: 'POST',
      headers: { authorization: basic(key) },
      body: message,
    })
  }

  test.each([
    ['extras', `{"extras":{"headers":{},"ai":${nested(20_000)}}}`],
    ['data', `{"data":${nested(20_000)}}`],
    ['version', `{"version":{"metadata":${nested(20_000)}}}`],
    ['anything', nested(100_000)],
  ])('a value nested too deep is refused: %s', async (_where, body) => {
    const answer = await publish(body)
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('nested')
  })

  test('presence data and annotations have the size limit of messages', async () => {
    const open = client()
    const channel = open.channels.get('c')
    expect((await errorOf(channel.presence.enter('x'.repeat(70_000)))).code).toBe(40009)
    const { serials } = await channel.publish('n', 'x')
    const big = { type: 'note', data: 'x'.repeat(70_000) }
    expect((await errorOf(channel.annotations.publish(serials[0]!, big))).code).toBe(40009)
    const operation = { description: 'x'.repeat(70_000) }
    expect((await errorOf(channel.appendMessage({ serial: serials[0]!, data: 'x' }, operation))).code).toBe(
      40009,
    )
    open.close()
  })

  test('channel names and message ids are short', async () => {
    const open = client()
    expect((await errorOf(open.channels.get('x'.repeat(3000)).attach())).code).toBe(40010)
    expect((await errorOf(open.channels.get(`[?rewind=1&${'x'.repeat(9000)}]c`).attach())).code).toBe(40010)
    expect((await errorOf(open.channels.get('c').publish({ id: 'x'.repeat(3000), data: 'x' }))).code).toBe(
      40031,
    )
    open.close()
  })

  test('an app has so many channels', async () => {
    const open = client()
    for (let i = 0; i < 5; i++) await open.channels.get(`c${i}`).attach()
    expect((await errorOf(open.channels.get('one-more').attach())).code).toBe(90021)
    open.close()
    // Reading makes no channel.
    const reader = rest({ ...server().createApp() })
    for (let i = 0; i < 10; i++) expect((await reader.channels.get(`r${i}`).history()).items).toEqual([])
  })

  test('a server has so many connections, and lets new ones in when others have gone', async () => {
    const all = Array.from({ length: 8 }, () => client())
    await Promise.all(all.map(connected))
    const late = client({ disconnectedRetryTimeout: 50 })
    const change = await new Promise<Ably.ConnectionStateChange>((resolve) =>
      late.connection.once('disconnected', resolve),
    )
    expect(change.reason?.code).toBe(42915)
    for (const one of all) one.close()
    await connected(late)
    late.close()
  })

  test('statistics are added with a key only', async () => {
    const app = server().createApp()
    const { token } = await rest(app).auth.requestToken()
    const add = (authorization: string) =>
      fetch(`${server().url}/stats`, {
        method: 'POST',
        headers: { authorization },
        body: '[{"intervalId":"2026-02-03:15:03"}]',
      })
    expect((await add(`Bearer ${Buffer.from(token).toString('base64')}`)).status).toBe(401)
    expect((await add(basic(app.key))).status).toBe(201)
  })
})

describe('clients that do not read', () => {
  const limits = { outboundBytes: 500_000 }
  const { server, rest } = useServer({ limits })

  /** A socket that asks for a megabyte 200 times, and reads nothing. */
  async function greedy(url: string, key: string, name: string) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}/?key=${key}`)
    socket.on('error', () => {})
    await once(socket, 'message')
    socket.pause()
    for (let i = 0; i < 200; i++) {
      socket.send(JSON.stringify({ action: 10, channel: name, params: { rewind: '20' } }))
      socket.send(JSON.stringify({ action: 12, channel: name }))
    }
    return socket
  }

  const waiting = (one: LocalAbly) =>
    Math.max(0, ...one.status().connections.map((connection) => connection.waiting))

  test('are not read from either, so that what waits for them cannot fill the memory', async () => {
    const name = uniqueName()
    for (let i = 0; i < 20; i++) await rest().channels.get(name).publish('n', 'x'.repeat(50_000))
    const socket = await greedy(server().url, server().key, name)
    await expect.poll(() => waiting(server())).toBeGreaterThan(500_000)
    expect(waiting(server())).toBeLessThan(3_000_000)
    let detached = 0
    const all = new Promise<void>((resolve) => {
      socket.on('message', (data: Buffer) => {
        if (data.includes('"action":13') && ++detached === 200) resolve()
      })
    })
    socket.resume()
    await all
    socket.close()
  })

  test('are cut off when they never read', async () => {
    const impatient = await startLocalAbly({ limits, maxIdleInterval: 20 })
    const client = new Ably.Rest({ ...impatient.clientOptions, logLevel: 0 })
    for (let i = 0; i < 20; i++) await client.channels.get('c').publish('n', 'x'.repeat(50_000))
    const socket = await greedy(impatient.url, impatient.key, 'c')
    const here = () => impatient.status().connections.some(({ connected: is }) => is)
    await expect.poll(here).toBe(false)
    expect(waiting(impatient)).toBe(0)
    socket.terminate()
    await impatient.close()
  })
})
