import type * as Ably from 'ably'
import { describe, expect, test } from 'vitest'
import { collect, errorOf, formats, uniqueName, useServer } from '../../test/clients.ts'

const { realtime, rest } = useServer()
const modes: Ably.ChannelMode[] = ['PUBLISH', 'SUBSCRIBE', 'ANNOTATION_PUBLISH', 'ANNOTATION_SUBSCRIBE']

describe.each(formats)('annotations over $format', ({ useBinaryProtocol }) => {
  const open = (options = {}) => realtime({ useBinaryProtocol, ...options })

  /** A channel with a message on it, its summaries as they come, and clients to annotate it. */
  async function setup() {
    const name = uniqueName()
    const channel = open({ clientId: 'ann' }).channels.get(name, { modes })
    const summaries = collect<Ably.InboundMessage>((listener) =>
      channel.subscribe((message) => message.action === 'message.summary' && listener(message)),
    )
    const raw = collect<Ably.Annotation>((listener) => channel.annotations.subscribe(listener))
    await Promise.all([summaries.subscribed, raw.subscribed])
    const { serials } = await channel.publish('message', 'text')
    const bob = open({ clientId: 'bob' }).channels.get(name)
    const nobody = open().channels.get(name)
    return { name, channel, bob, nobody, serial: serials[0]!, summaries, raw }
  }

  const summaryOf = (message: Ably.InboundMessage | undefined, type: string): unknown =>
    message!.annotations.summary[type]

  test('publish, delete, and get', async () => {
    const { name, channel, serial, raw } = await setup()
    await channel.annotations.publish(serial, { type: 'com.example.reactions', name: 'like', data: { n: 1 } })
    await channel.annotations.delete(serial, { type: 'com.example.reactions', name: 'like' })
    await raw.atLeast(2)
    expect(raw.items[0]).toMatchObject({
      action: 'annotation.create',
      type: 'com.example.reactions',
      name: 'like',
      messageSerial: serial,
      clientId: 'ann',
      data: { n: 1 },
    })
    expect(raw.items[1]).toMatchObject({ action: 'annotation.delete' })
    expect(raw.items[0]!.serial > serial).toBe(true)
    const restChannel = rest({ useBinaryProtocol, clientId: 'r' }).channels.get(name)
    await restChannel.annotations.publish(serial, { type: 'com.example.reactions', name: 'heart' })
    const page = await restChannel.annotations.get(serial, { limit: 2 })
    expect(page.items.map((one) => one.action)).toEqual(['annotation.create', 'annotation.delete'])
    expect((await page.next())!.items[0]).toMatchObject({ name: 'heart', clientId: 'r' })
  })

  test('total and flag', async () => {
    const { channel, bob, serial, summaries } = await setup()
    await channel.annotations.publish(serial, { type: 'views:total.v1' })
    await bob.annotations.publish(serial, { type: 'views:total.v1' })
    await bob.annotations.delete(serial, { type: 'views:total.v1' })
    await channel.annotations.publish(serial, { type: 'seen:flag.v1' })
    await bob.annotations.publish(serial, { type: 'seen:flag.v1' })
    await bob.annotations.publish(serial, { type: 'seen:flag.v1' })
    await channel.annotations.delete(serial, { type: 'seen:flag.v1' })
    await summaries.atLeast(7)
    expect(summaryOf(summaries.items[1], 'views:total.v1')).toEqual({ total: 2 })
    expect(summaryOf(summaries.items[6], 'views:total.v1')).toEqual({ total: 1 })
    expect(summaryOf(summaries.items[5], 'seen:flag.v1')).toEqual({
      total: 2,
      clientIds: ['ann', 'bob'],
      clipped: false,
    })
    expect(summaryOf(summaries.items[6], 'seen:flag.v1')).toEqual({
      total: 1,
      clientIds: ['bob'],
      clipped: false,
    })
    expect(summaries.items[6]!.serial).toBe(serial)
  })

  test('distinct and unique', async () => {
    const { channel, bob, serial, summaries } = await setup()
    await channel.annotations.publish(serial, { type: 'cat:distinct.v1', name: 'a' })
    await channel.annotations.publish(serial, { type: 'cat:distinct.v1', name: 'b' })
    await bob.annotations.publish(serial, { type: 'cat:distinct.v1', name: 'a' })
    await channel.annotations.publish(serial, { type: 'vote:unique.v1', name: 'yes' })
    await bob.annotations.publish(serial, { type: 'vote:unique.v1', name: 'yes' })
    await channel.annotations.publish(serial, { type: 'vote:unique.v1', name: 'no' })
    await summaries.atLeast(6)
    expect(summaryOf(summaries.items[5], 'cat:distinct.v1')).toEqual({
      a: { total: 2, clientIds: ['ann', 'bob'], clipped: false },
      b: { total: 1, clientIds: ['ann'], clipped: false },
    })
    expect(summaryOf(summaries.items[5], 'vote:unique.v1')).toEqual({
      yes: { total: 1, clientIds: ['bob'], clipped: false },
      no: { total: 1, clientIds: ['ann'], clipped: false },
    })
  })

  test('multiple counts, also those who are nobody', async () => {
    const { channel, nobody, serial, summaries } = await setup()
    const type = 'citations:multiple.v1'
    await channel.annotations.publish(serial, { type, name: 'example.com', count: 2 })
    await channel.annotations.publish(serial, { type, name: 'example.com' })
    await nobody.annotations.publish(serial, { type, name: 'example.com', count: 4 })
    await summaries.atLeast(3)
    expect(summaryOf(summaries.items[2], type)).toEqual({
      'example.com': {
        total: 7,
        clientIds: { ann: 3 },
        totalUnidentified: 4,
        totalClientIds: 1,
        clipped: false,
      },
    })
    await channel.annotations.delete(serial, { type, name: 'example.com' })
    await summaries.atLeast(4)
    expect(summaryOf(summaries.items[3], type)).toMatchObject({ 'example.com': { total: 4, clientIds: {} } })
    const kept = await channel.getMessage(serial)
    expect(kept.annotations!.summary[type]).toMatchObject({ 'example.com': { total: 4 } })
  })

  test('refusals', async () => {
    const { channel, nobody, serial } = await setup()
    expect((await errorOf(nobody.annotations.publish(serial, { type: 'seen:flag.v1' }))).code).toBe(40012)
    expect((await errorOf(channel.annotations.publish('nope', { type: 'x' }))).code).toBe(40400)
    expect((await errorOf(channel.annotations.publish(serial, { name: 'x' } as never))).code).toBe(40003)
    const plain = open().channels.get(uniqueName())
    expect((await errorOf(plain.annotations.subscribe(() => {}))).code).toBe(93001)
  })
})
