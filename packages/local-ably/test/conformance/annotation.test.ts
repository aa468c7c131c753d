import type * as Ably from 'ably'
import { describe, expect, test } from 'vitest'
import { collect, errorOf, formats } from '../clients.ts'
import { eventually, mutableName, realtime, rest, useTarget } from './target.ts'

useTarget()

const modes: Ably.ChannelMode[] = ['PUBLISH', 'SUBSCRIBE', 'ANNOTATION_PUBLISH', 'ANNOTATION_SUBSCRIBE']

describe.each(formats)('annotations over $format', ({ useBinaryProtocol }) => {
  const open = (options: Ably.ClientOptions = {}) => realtime({ useBinaryProtocol, ...options })

  async function annotatable() {
    const name = mutableName()
    const channel = open({ clientId: 'ann' }).channels.get(name, { modes })
    const seen = collect<Ably.Annotation>((listener) => channel.annotations.subscribe(listener))
    const messages = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await Promise.all([seen.subscribed, messages.subscribed])
    const { serials } = await channel.publish('n', 'd')
    return { name, channel, seen, messages, serial: serials[0]! }
  }

  test('RTAN1, RTAN2, RTAN4b: publish and delete reach who asked for annotations', async () => {
    const { channel, seen, serial } = await annotatable()
    await channel.annotations.publish(serial, { type: 'com.ably.reactions', name: 'like' })
    await channel.annotations.delete(serial, { type: 'com.ably.reactions', name: 'like' })
    await seen.atLeast(2)
    expect(
      seen.items.map(({ action, type, name, messageSerial }) => [action, type, name, messageSerial]),
    ).toEqual([
      ['annotation.create', 'com.ably.reactions', 'like', serial],
      ['annotation.delete', 'com.ably.reactions', 'like', serial],
    ])
    expect(seen.items[0]!.clientId).toBe('ann')
    expect(seen.items[0]!.serial > serial).toBe(true)
  })

  test('TM7, TM8: the summary reaches all subscribers', async () => {
    const { name, channel, messages, serial } = await annotatable()
    await channel.annotations.publish(serial, { type: 'reaction:distinct.v1', name: 'like' })
    await open({ clientId: 'bob' })
      .channels.get(name)
      .annotations.publish(serial, { type: 'reaction:distinct.v1', name: 'like' })
    const summary = await eventually(async () => {
      const last = messages.items.findLast((message) => message.action === 'message.summary')
      const entry = last?.annotations.summary['reaction:distinct.v1'] as
        | { like?: { total: number } }
        | undefined
      return entry?.like?.total === 2 && last
    })
    expect(summary.serial).toBe(serial)
    expect(summary.annotations.summary['reaction:distinct.v1']).toMatchObject({
      like: { total: 2, clientIds: ['ann', 'bob'] },
    })
  })

  test('RSAN1, RSAN3: over REST, in pages', async () => {
    const { name, serial } = await annotatable()
    const channel = rest({ useBinaryProtocol, clientId: 'r' }).channels.get(name)
    for (const one of ['a', 'b', 'c'])
      await channel.annotations.publish(serial, { type: 'com.ably.reactions', name: one })
    const page = await eventually(async () => {
      const found = await channel.annotations.get(serial, { limit: 2 })
      return found.items.length === 2 && found.hasNext() && found
    })
    expect(page.items.map((annotation) => annotation.name)).toEqual(['a', 'b'])
    expect((await page.next())!.items.map((annotation) => annotation.name)).toEqual(['c'])
  })

  test('RTAN4e: subscribing needs the mode', async () => {
    const channel = open().channels.get(mutableName())
    expect((await errorOf(channel.annotations.subscribe(() => {}))).code).toBe(93001)
  })
})
