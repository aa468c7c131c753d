import type * as Ably from 'ably'
import { describe, expect, test } from 'vitest'
import { collect, errorOf, formats } from '../clients.ts'
import { breakConnection, channelName, eventually, realtime, rest, useTarget } from './target.ts'

useTarget()

const brief = (events: Ably.PresenceMessage[]) =>
  events.map(({ action, clientId, data }) => [action, clientId, data as unknown])

describe.each(formats)('presence over $format', ({ useBinaryProtocol }) => {
  const open = (options: Ably.ClientOptions = {}) => realtime({ useBinaryProtocol, ...options })

  async function watch(name: string) {
    const channel = open().channels.get(name)
    const seen = collect<Ably.PresenceMessage>((listener) => channel.presence.subscribe(listener))
    await seen.subscribed
    return { channel, seen }
  }

  test('RTP8, RTP9, RTP10: enter, update, leave', async () => {
    const name = channelName()
    const { seen } = await watch(name)
    const channel = open({ clientId: 'ann' }).channels.get(name)
    await channel.presence.enter({ n: 1 })
    await channel.presence.update('two')
    await channel.presence.leave('bye')
    await seen.atLeast(3)
    expect(brief(seen.items)).toEqual([
      ['enter', 'ann', { n: 1 }],
      ['update', 'ann', 'two'],
      ['leave', 'ann', 'bye'],
    ])
  })

  test('RTP11a, RTP18: a newcomer learns who is there', async () => {
    const name = channelName()
    const host = open().channels.get(name)
    await host.attach()
    for (const clientId of ['a', 'b', 'c']) await host.presence.enterClient(clientId, clientId)
    const members = await open().channels.get(name).presence.get()
    expect(brief(members).sort((a, b) => (String(a[1]) < String(b[1]) ? -1 : 1))).toEqual([
      ['present', 'a', 'a'],
      ['present', 'b', 'b'],
      ['present', 'c', 'c'],
    ])
  })

  test('RTP1: nobody there is known at once', async () => {
    expect(await open().channels.get(channelName()).presence.get()).toEqual([])
  })

  test('RTP2, TP3h: one client on two connections is two members', async () => {
    const name = channelName()
    const clients = [open({ clientId: 'ann' }), open({ clientId: 'ann' })]
    await Promise.all(
      clients.map((client, i) => client.channels.get(name).presence.enter(i === 0 ? 'x' : 'y')),
    )
    const { channel } = await watch(name)
    await eventually(async () => (await channel.presence.get()).length === 2)
    const members = await channel.presence.get({ clientId: 'ann' })
    expect(new Set(members.map((member) => member.connectionId)).size).toBe(2)
  })

  test('RTN12, RTP10: closing a connection makes its members leave', async () => {
    const name = channelName()
    const { seen } = await watch(name)
    const client = open({ clientId: 'ann' })
    await client.channels.get(name).presence.enter('here')
    client.close()
    await seen.atLeast(2)
    expect(brief(seen.items)[1]).toEqual(['leave', 'ann', 'here'])
  })

  test('RTP17i: a member is still there after a break', async () => {
    const name = channelName()
    const client = open({ clientId: 'ann' })
    const channel = client.channels.get(name)
    await channel.presence.enter('here')
    const back = new Promise((resolve) => channel.once('attached', resolve))
    breakConnection(client)
    await back
    const { channel: other } = await watch(name)
    expect(brief(await other.presence.get())).toEqual([['present', 'ann', 'here']])
  })

  test('RTP8j, RTP15f: only as oneself', async () => {
    const anonymous = open().channels.get(channelName())
    await anonymous.attach()
    expect((await errorOf(anonymous.presence.enter())).code).toBe(40012)
    const bob = open({ clientId: 'bob' }).channels.get(channelName())
    await bob.attach()
    expect((await errorOf(bob.presence.enterClient('eve'))).code).toBe(40012)
  })

  test('RTP8h: a member needs the capability', async () => {
    const details = await rest().auth.requestToken({ clientId: 'x', capability: { '*': ['subscribe'] } })
    const channel = open({ tokenDetails: details }).channels.get(channelName())
    await channel.attach()
    expect((await errorOf(channel.presence.enter())).code).toBe(40160)
  })

  test('RSP3, RSP4: members and their history over REST', async () => {
    const name = channelName()
    const channel = open({ clientId: 'ann' }).channels.get(name)
    for (const data of ['1', '2', '3']) await channel.presence.update(data)
    const own = rest({ useBinaryProtocol }).channels.get(name)
    const members = await eventually(async () => {
      const page = await own.presence.get()
      return page.items[0]?.data === '3' && page
    })
    expect(brief(members.items)).toEqual([['present', 'ann', '3']])
    const history = await eventually(async () => {
      const page = await own.presence.history({ direction: 'forwards' })
      return page.items.length === 3 && page
    })
    expect(history.items.map((event) => event.data as unknown)).toEqual(['1', '2', '3'])
    const latest = await own.presence.history({ limit: 1 })
    expect([latest.items[0]!.data as unknown, latest.hasNext()]).toEqual(['3', true])
  })
})
