import type * as Ably from 'ably'
import { testPatience } from '../../../core/test/patience.ts'
import { describe, expect, test } from 'vitest'
import { collect, errorOf, formats, uniqueName, useServer } from '../../test/clients.ts'

const { realtime, rest, server } = useServer({ remainPresentFor: 300 })

const brief = (events: Ably.PresenceMessage[]) =>
  events.map(({ action, clientId, data }) => [action, clientId, data as unknown])

describe.each(formats)('presence over $format', ({ useBinaryProtocol }) => {
  const open = (options = {}) => realtime({ useBinaryProtocol, ...options })

  test('enter, update, leave, as others and the newcomer see them', async () => {
    const name = uniqueName()
    const watcher = open().channels.get(name)
    const seen = collect<Ably.PresenceMessage>((listener) => watcher.presence.subscribe(listener))
    await seen.subscribed
    const channel = open({ clientId: 'ann' }).channels.get(name)
    await channel.presence.enter({ device: 'phone' })
    const newcomer = open().channels.get(name)
    expect(brief(await newcomer.presence.get())).toEqual([['present', 'ann', { device: 'phone' }]])
    const left = collect<Ably.PresenceMessage>((listener) => newcomer.presence.subscribe('leave', listener))
    await channel.presence.update('busy')
    await channel.presence.leave()
    await seen.atLeast(3)
    expect(brief(seen.items)).toEqual([
      ['enter', 'ann', { device: 'phone' }],
      ['update', 'ann', 'busy'],
      ['leave', 'ann', 'busy'],
    ])
    await left.atLeast(1)
    expect(await newcomer.presence.get()).toEqual([])
    const history = await channel.presence.history()
    expect(brief(history.items).map(([action]) => action)).toEqual(['leave', 'update', 'enter'])
  })

  test('one client on two connections is two members', async () => {
    const name = uniqueName()
    const one = open({ clientId: 'ann' }).channels.get(name)
    const two = open({ clientId: 'ann' })
    await one.presence.enter('1')
    await two.channels.get(name).presence.enter('2')
    const members = await rest({ useBinaryProtocol })
      .channels.get(name)
      .presence.get(null as never)
    expect(new Set(members.items.map((member) => member.data as unknown))).toEqual(new Set(['1', '2']))
    two.close()
    const seen = collect<Ably.PresenceMessage>((listener) => one.presence.subscribe('leave', listener))
    await seen.atLeast(1)
    expect(brief(seen.items)).toEqual([['leave', 'ann', '2']])
  })

  test("an abrupt loss leaves after a while, with an id that is not the member's", async () => {
    const name = uniqueName()
    const watcher = open().channels.get(name)
    const seen = collect<Ably.PresenceMessage>((listener) => watcher.presence.subscribe(listener))
    await seen.subscribed
    const client = open({ clientId: 'ann' })
    await client.channels.get(name).presence.enter('here')
    const connectionId = client.connection.id!
    const admit = server().faults.drop({ match: { connectionId }, refuseFor: testPatience })
    await seen.atLeast(2)
    expect(brief(seen.items)[1]).toEqual(['leave', 'ann', 'here'])
    expect(seen.items[1]!.id.startsWith(connectionId)).toBe(false)
    admit()
    await seen.atLeast(3)
    expect(brief(seen.items)[2]).toEqual(['enter', 'ann', 'here'])
  })

  test('a short loss is not noticed', async () => {
    const name = uniqueName()
    const watcher = open().channels.get(name)
    const seen = collect<Ably.PresenceMessage>((listener) => watcher.presence.subscribe(listener))
    await seen.subscribed
    const client = open({ clientId: 'ann', transportParams: { remainPresentFor: testPatience } })
    const channel = client.channels.get(name)
    await channel.presence.enter('here')
    const back = new Promise((resolve) => channel.once('attached', resolve))
    server().faults.drop({ match: { connectionId: client.connection.id! } })
    await back
    await channel.presence.update('still')
    await seen.atLeast(2)
    expect(brief(seen.items)).toEqual([
      ['enter', 'ann', 'here'],
      ['update', 'ann', 'still'],
    ])
  })

  test('many members arrive in pages', async () => {
    const name = uniqueName()
    const channel = open().channels.get(name)
    await channel.attach()
    await Promise.all(Array.from({ length: 150 }, (_, i) => channel.presence.enterClient(`c${i}`, String(i))))
    const newcomer = open().channels.get(name)
    expect(await newcomer.presence.get()).toHaveLength(150)
    const restChannel = rest({ useBinaryProtocol }).channels.get(name)
    const page = await restChannel.presence.get({ limit: 90 })
    const more = await page.next()
    expect([page.items.length, more!.items.length, more!.hasNext()]).toEqual([90, 60, false])
    expect((await restChannel.presence.get({ clientId: 'c7' })).items).toHaveLength(1)
    expect(
      (
        await errorOf(
          Promise.all(Array.from({ length: 60 }, (_, i) => channel.presence.enterClient(`d${i}`))),
        )
      ).code,
    ).toBe(91003)
  })

  test('only identified clients enter', async () => {
    const channel = open().channels.get(uniqueName())
    await channel.attach()
    expect((await errorOf(channel.presence.enter())).code).toBe(40012)
    const bob = open({ clientId: 'bob' }).channels.get(uniqueName())
    await bob.attach()
    expect((await errorOf(bob.presence.enterClient('eve'))).code).toBe(40012)
  })
})
