import type * as Ably from 'ably'
import { describe, expect, test } from 'vitest'
import { collect, errorOf, formats, pause, uniqueName, useServer } from '../../test/clients.ts'

const { realtime, rest, server } = useServer({ retention: { recent: 60_000 } })

// The SDK keeps it, but does not type it.
const attachSerialOf = (channel: Ably.RealtimeChannel) =>
  (channel as unknown as { properties: { attachSerial: string } }).properties.attachSerial

const texts = (items: { data?: unknown }[]) => items.map((item) => item.data)

describe.each(formats)('channels over $format', ({ useBinaryProtocol }) => {
  const open = (options = {}) => realtime({ useBinaryProtocol, ...options })

  test('attach grants modes and echoes what it knows of the params', async () => {
    const channel = open().channels.get(uniqueName(), {
      modes: ['SUBSCRIBE', 'PRESENCE_SUBSCRIBE'],
      params: { rewind: '1', unknown: 'x' },
    })
    await channel.attach()
    expect(channel.modes).toEqual(['subscribe', 'presence_subscribe'])
    expect(channel.params).toEqual({ rewind: '1' })
    const refused = await errorOf(channel.publish('a', 'b'))
    expect(refused.code).toBe(40165)
    const plain = open().channels.get(uniqueName())
    await plain.attach()
    expect(plain.modes).toEqual(
      ['publish', 'subscribe', 'presence', 'presence_subscribe', 'annotation_publish'].sort(byBit),
    )
  })

  test('history: order, pages, bounds', async () => {
    const channel = open().channels.get(uniqueName())
    for (let i = 0; i < 7; i++) await channel.publish('n', String(i))
    const page = await channel.history({ limit: 3 })
    expect(texts(page.items)).toEqual(['6', '5', '4'])
    const second = await page.next()
    expect(texts(second!.items)).toEqual(['3', '2', '1'])
    const third = await second!.next()
    expect(texts(third!.items)).toEqual(['0'])
    expect(third!.hasNext()).toBe(false)
    expect(texts((await third!.first()).items)).toEqual(['6', '5', '4'])
    const forwards = await channel.history({ direction: 'forwards', limit: 4 })
    expect(texts([...forwards.items, ...(await forwards.next())!.items])).toEqual([
      '0',
      '1',
      '2',
      '3',
      '4',
      '5',
      '6',
    ])
    expect((await channel.history({ start: Date.now() + 1000 })).items).toEqual([])
    expect((await errorOf(channel.history({ limit: 1001 }))).code).toBe(40000)
  })

  test('history until the attach joins what is delivered, exactly', async () => {
    const name = uniqueName()
    const writer = open().channels.get(name)
    await writer.publish('n', '0')
    const reader = open().channels.get(name)
    const burst = Promise.all(Array.from({ length: 40 }, (_, i) => writer.publish('n', String(i + 1))))
    const got = collect<Ably.InboundMessage>((listener) => reader.subscribe(listener))
    await got.subscribed
    await burst
    await writer.publish('n', 'end')
    const past: unknown[] = []
    for (
      let page = await reader.history({ untilAttach: true, limit: 7 });
      page;
      page = (await page.next())!
    ) {
      past.unshift(...texts(page.items).reverse())
      if (!page.hasNext()) break
    }
    while (got.items.at(-1)?.data !== 'end') await pause(5)
    expect([...past, ...texts(got.items)]).toEqual([
      ...Array.from({ length: 41 }, (_, i) => String(i)),
      'end',
    ])
  })

  test('rewind by count and by time, in the order of creation, as they are now', async () => {
    const name = uniqueName()
    const writer = open().channels.get(name)
    const { serials } = await writer.publish('n', 'a')
    for (const data of ['b', 'c', 'd']) await writer.publish('n', data)
    await writer.appendMessage({ serial: serials[0], data: 'A' } as Ably.Message)
    const two = collect<Ably.InboundMessage>((listener) =>
      open()
        .channels.get(name, { params: { rewind: '2' } })
        .subscribe(listener),
    )
    await two.atLeast(2)
    expect(two.items.map((message) => [message.action, message.data as unknown])).toEqual([
      ['message.update', 'aA'],
      ['message.create', 'd'],
    ])
    const timed = collect<Ably.InboundMessage>((listener) =>
      open().channels.get(`[?rewind=2m]${name}`).subscribe(listener),
    )
    await timed.atLeast(4)
    expect(texts(timed.items)).toEqual(['aA', 'b', 'c', 'd'])
    await writer.appendMessage({ serial: serials[0], data: '!' } as Ably.Message)
    await two.atLeast(3)
    expect(two.items[2]).toMatchObject({ action: 'message.append', data: '!' })
    const bad = await errorOf(
      open()
        .channels.get(name, { params: { rewind: 'soon' } })
        .attach(),
    )
    expect(bad.code).toBe(40000)
  })

  test('appendMode full delivers the whole', async () => {
    const name = uniqueName()
    const writer = open().channels.get(name)
    const got = collect<Ably.InboundMessage>((listener) =>
      open()
        .channels.get(name, { params: { appendMode: 'full' } })
        .subscribe(listener),
    )
    await got.subscribed
    const { serials } = await writer.publish('n', 'a')
    await writer.appendMessage({ serial: serials[0], data: 'b' } as Ably.Message)
    await got.atLeast(2)
    expect(got.items[1]).toMatchObject({ action: 'message.update', data: 'ab' })
  })

  test('discontinuity: an update event, and a new attach point', async () => {
    const name = uniqueName()
    const channel = open().channels.get(name)
    await channel.attach()
    const before = attachSerialOf(channel)
    await channel.publish('n', '1')
    const updated = new Promise<Ably.ChannelStateChange>((resolve) => channel.once('update', resolve))
    server().faults.discontinue({ match: { channel: name } })
    const change = await updated
    expect(change).toMatchObject({ current: 'attached', resumed: false })
    expect(attachSerialOf(channel) > before).toBe(true)
    expect(texts((await channel.history({ untilAttach: true })).items)).toEqual(['1'])
  })

  test('a forgotten past fails the resume', async () => {
    const name = uniqueName()
    const client = open()
    const channel = client.channels.get(name)
    await channel.attach()
    const attached = new Promise<Ably.ChannelStateChange>((resolve) => channel.once('attached', resolve))
    server().faults.forget({ channel: name })
    server().faults.drop({ match: { connectionId: client.connection.id! } })
    const change = await attached
    expect(change.resumed).toBe(false)
    expect(change.reason?.code).toBe(90003)
  })

  test('DETACHED out of the blue is answered by attaching again; ERROR fails', async () => {
    const name = uniqueName()
    const channel = open().channels.get(name)
    await channel.attach()
    const attached = new Promise<Ably.ChannelStateChange>((resolve) => channel.once('attached', resolve))
    server().faults.detach({ match: { channel: name } })
    expect((await attached).resumed).toBe(true)
    server().faults.fail({ match: { channel: name }, error: 40160 })
    await channel.whenState('failed')
    expect(channel.errorReason?.code).toBe(40160)
  })

  test('detach stops delivery', async () => {
    const name = uniqueName()
    const channel = open().channels.get(name)
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    await channel.detach()
    await open().channels.get(name).publish('n', '1')
    await channel.attach()
    await open().channels.get(name).publish('n', '2')
    await got.atLeast(1)
    expect(texts(got.items)).toEqual(['2'])
  })

  test('occupancy is told to who asks', async () => {
    const name = uniqueName()
    const channel = open().channels.get(name, { params: { occupancy: 'metrics' } })
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe('[meta]occupancy', listener))
    await got.subscribed
    await got.atLeast(1)
    expect(got.items[0]!.data).toMatchObject({
      metrics: { connections: 1, subscribers: 1, presenceMembers: 0 },
    })
    await open({ clientId: 'x' }).channels.get(name).presence.enter()
    const told = () => (got.items.at(-1)!.data as { metrics: { presenceMembers: number } }).metrics
    while (told().presenceMembers !== 1) await pause(10)
    expect(told()).toMatchObject({ connections: 2 })
    const one = open().channels.get(name, { params: { occupancy: 'metrics.publishers' } })
    const only = collect<Ably.InboundMessage>((listener) => one.subscribe('[meta]occupancy', listener))
    await only.atLeast(1)
    expect(only.items[0]!.data).toEqual({ metrics: { publishers: 3 } })
  })

  test('invalid names are refused everywhere', async () => {
    const channel = open().channels.get(':bad')
    expect((await errorOf(channel.attach())).code).toBe(40010)
    expect((await errorOf(rest({ useBinaryProtocol }).channels.get(':bad').publish('a', 'b'))).code).toBe(
      40010,
    )
  })
})

const bits = ['presence', 'publish', 'subscribe', 'presence_subscribe', 'annotation_publish']
const byBit = (a: string, b: string) => bits.indexOf(a) - bits.indexOf(b)
