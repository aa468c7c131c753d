import type * as Ably from 'ably'
import { describe, expect, test } from 'vitest'
import { collect, errorOf, formats } from '../clients.ts'
import { channelName, eventually, realtime, rest, useTarget } from './target.ts'

useTarget()

const serialsOf = (channel: Ably.RealtimeChannel) =>
  (channel as unknown as { properties: { attachSerial: string; channelSerial: string } }).properties

describe.each(formats)('channels over $format', ({ useBinaryProtocol }) => {
  const open = (options: Ably.ClientOptions = {}) => realtime({ useBinaryProtocol, ...options })

  test('RTL4c, RTL5d: attach and detach', async () => {
    const channel = open().channels.get(channelName())
    const states: string[] = []
    channel.on((change) => states.push(change.current))
    await channel.attach()
    await channel.detach()
    expect(states).toEqual(['attaching', 'attached', 'detaching', 'detached'])
  })

  test('RTL15a, RTL15b: an attached channel has serials, which advance', async () => {
    const channel = open().channels.get(channelName())
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    const { attachSerial, channelSerial } = { ...serialsOf(channel) }
    expect(attachSerial).toBeTruthy()
    expect(channelSerial).toBeTruthy()
    await channel.publish('n', '')
    await got.atLeast(1)
    expect(serialsOf(channel).attachSerial).toBe(attachSerial)
    expect(serialsOf(channel).channelSerial > channelSerial).toBe(true)
  })

  test('RTL4l, RTL4m: modes are granted as asked', async () => {
    const channel = open().channels.get(channelName(), { modes: ['PUBLISH', 'PRESENCE'] })
    await channel.attach()
    expect([...channel.modes].sort()).toEqual(['presence', 'publish'])
  })

  test('RTL4k1: params that are known come back', async () => {
    const channel = open().channels.get(channelName(), {
      params: { rewind: '2', delta: 'vcdiff', bogus: 'x' },
    })
    await channel.attach()
    expect(channel.params).toEqual({ rewind: '2', delta: 'vcdiff' })
  })

  test('RTL16a: options change in place', async () => {
    const channel = open().channels.get(channelName())
    await channel.attach()
    const left: string[] = []
    channel.on(['detached', 'attaching', 'failed'], (change) => left.push(change.current))
    await channel.setOptions({ modes: ['SUBSCRIBE'] })
    expect(channel.modes).toEqual(['subscribe'])
    expect(left).toEqual([])
  })

  test('RTL4e: an attach without capability fails the channel', async () => {
    const details = await rest().auth.requestToken({ capability: { allowed: ['subscribe'] } })
    const channel = open({ tokenDetails: details }).channels.get(channelName())
    const error = await errorOf(channel.attach())
    expect([error.code, error.statusCode, channel.state]).toEqual([40160, 401, 'failed'])
  })

  test('RTL4: an invalid name is refused', async () => {
    expect((await errorOf(open().channels.get(':hell').attach())).code).toBe(40010)
  })

  test('RTL7b: a name subscribes to messages of that name', async () => {
    const channel = open().channels.get(channelName())
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe('wanted', listener))
    await got.subscribed
    for (const name of ['other', 'wanted', 'other', 'wanted']) await channel.publish(name, '')
    await got.atLeast(2)
    expect(got.items.map((message) => message.name)).toEqual(['wanted', 'wanted'])
  })

  test('RTL4k, docs on rewind: a newcomer hears the last messages first', async () => {
    const name = channelName()
    const writer = open().channels.get(name)
    for (const one of ['0', '1', '2']) await writer.publish(one, '')
    const reader = open().channels.get(name, { params: { rewind: '2' } })
    const attached = new Promise<Ably.ChannelStateChange>((resolve) => reader.once('attached', resolve))
    const got = collect<Ably.InboundMessage>((listener) => reader.subscribe(listener))
    expect((await attached).hasBacklog).toBe(true)
    await got.atLeast(2)
    await writer.publish('3', '')
    await got.atLeast(3)
    expect(got.items.map((message) => message.name)).toEqual(['1', '2', '3'])
  })

  test('RSL2b2, RSL2b3, TG4: history by direction, limit and page', async () => {
    const channel = open().channels.get(channelName())
    for (let i = 0; i < 5; i++) await channel.publish(String(i), '')
    const names = (page: Ably.PaginatedResult<Ably.InboundMessage>) =>
      page.items.map((message) => message.name)
    const whole = await eventually(async () => {
      const page = await channel.history()
      return page.items.length === 5 && page
    })
    expect(names(whole)).toEqual(['4', '3', '2', '1', '0'])
    const first = await channel.history({ limit: 3, direction: 'forwards' })
    expect([names(first), first.hasNext(), first.isLast()]).toEqual([['0', '1', '2'], true, false])
    const second = await first.next()
    expect([names(second!), second!.hasNext()]).toEqual([['3', '4'], false])
    expect(names(await second!.first())).toEqual(['0', '1', '2'])
  })

  test('RSL2b1: start and end bound history', async () => {
    const channel = open().channels.get(channelName())
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    for (const one of ['0', '1', '2']) {
      await channel.publish(one, '')
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
    await got.atLeast(3)
    const { timestamp } = got.items[1]!
    await eventually(async () => (await channel.history()).items.length === 3)
    const middle = await channel.history({ start: timestamp, end: timestamp })
    expect(middle.items.map((message) => message.name)).toEqual(['1'])
  })

  test('RTL10d: history until the attach, and what is delivered, join without gap or double', async () => {
    const name = channelName()
    const writer = open().channels.get(name)
    await writer.publish('0', '')
    const burst = Promise.all(Array.from({ length: 20 }, (_, i) => writer.publish(String(i + 1), '')))
    const reader = open().channels.get(name)
    const got = collect<Ably.InboundMessage>((listener) => reader.subscribe(listener))
    await got.subscribed
    await burst
    await writer.publish('21', '')
    await eventually(async () => got.items.at(-1)?.name === '21')
    const all = await eventually(async () => {
      const past: string[] = []
      for (let page = await reader.history({ untilAttach: true, limit: 6 }); ; page = (await page.next())!) {
        past.unshift(...page.items.map((message) => message.name!).reverse())
        if (!page.hasNext()) break
      }
      const joined = [...past, ...got.items.map((message) => message.name!)]
      return joined.length >= 22 && joined
    })
    expect(all).toEqual(Array.from({ length: 22 }, (_, i) => String(i)))
  })

  test('RTL10b: untilAttach needs an attached channel', async () => {
    const channel = open().channels.get(channelName())
    expect((await errorOf(channel.history({ untilAttach: true }))).code).toBe(40000)
  })

  test('RSL8, CHD2: status tells occupancy', async () => {
    const name = channelName()
    await open({ clientId: 'x' }).channels.get(name).presence.enter()
    const channel = rest({ useBinaryProtocol }).channels.get(name)
    const status = await eventually(async () => {
      const details = await channel.status()
      return details.status.occupancy.metrics.presenceMembers === 1 && details
    })
    expect(status).toMatchObject({ channelId: name, status: { isActive: true } })
    expect(status.status.occupancy.metrics.connections).toBeGreaterThanOrEqual(1)
  })
})
