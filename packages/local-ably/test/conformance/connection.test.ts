import type * as Ably from 'ably'
import { describe, expect, test } from 'vitest'
import { collect, connected, errorOf, formats } from '../clients.ts'
import { breakConnection, channelName, realtime, targetKey, useTarget } from './target.ts'

useTarget()

const next = (client: Ably.Realtime, state: Ably.ConnectionState) =>
  new Promise<Ably.ConnectionStateChange>((resolve) => client.connection.once(state, resolve))

describe.each(formats)('connection over $format', ({ useBinaryProtocol }) => {
  const open = (options: Ably.ClientOptions = {}) => realtime({ useBinaryProtocol, ...options })

  test('RTN4b: connecting leads to connected', async () => {
    const client = open({ autoConnect: false })
    const states: string[] = []
    client.connection.on((change) => states.push(change.current))
    client.connect()
    await connected(client)
    expect(states).toEqual(['connecting', 'connected'])
  })

  test('RTN8a, RTN9a: each connection has an id and a key of its own', async () => {
    const clients = [open(), open()]
    await Promise.all(clients.map(connected))
    expect(new Set(clients.map((client) => client.connection.id)).size).toBe(2)
    expect(new Set(clients.map((client) => client.connection.key)).size).toBe(2)
  })

  test('RTN12a: close is answered', async () => {
    const client = open()
    await connected(client)
    client.close()
    await client.connection.whenState('closed')
    expect(client.connection.id).toBeUndefined()
  })

  test('RTN13a: a ping is answered', async () => {
    const client = open()
    await connected(client)
    expect(await client.connection.ping()).toBeGreaterThanOrEqual(0)
  })

  test('RTN14a: an invalid key fails the connection', async () => {
    const client = open({ key: `${targetKey().split(':')[0]}:wrong` })
    const failed = await next(client, 'failed')
    expect(failed.reason?.statusCode).toBe(401)
    expect(failed.reason?.code).toBe(40101)
  })

  test('RTN15a, RTN15c6: after a break the connection resumes under its id', async () => {
    const client = open()
    await connected(client)
    const { id } = client.connection
    const back = next(client, 'connected')
    breakConnection(client)
    const change = await back
    expect(client.connection.id).toBe(id)
    expect(change.reason).toBeFalsy()
  })

  test('RTN15c7: a resume with an unknown key makes a new connection, and says so', async () => {
    const client = open()
    await connected(client)
    const { id } = client.connection
    const { connectionManager } = client.connection as unknown as {
      connectionManager: { connectionKey: string }
    }
    connectionManager.connectionKey = '_____!forged_key____'
    const back = next(client, 'connected')
    breakConnection(client)
    const change = await back
    expect(change.reason?.code).toBe(80018)
    expect(client.connection.id).not.toBe(id)
  })

  test('RTN15, RTL3d: what was published during a break arrives after it, once and in order', async () => {
    const name = channelName()
    const reader = open()
    const channel = reader.channels.get(name)
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    const writer = open().channels.get(name)
    await writer.publish('0', '')
    await got.atLeast(1)
    const back = new Promise<Ably.ChannelStateChange>((resolve) => channel.once('attached', resolve))
    const gone = next(reader, 'disconnected')
    breakConnection(reader)
    await gone
    await Promise.all(['1', '2', '3'].map((one) => writer.publish(one, '')))
    expect((await back).resumed).toBe(true)
    await writer.publish('4', '')
    await got.atLeast(5)
    expect(got.items.map((message) => message.name)).toEqual(['0', '1', '2', '3', '4'])
  })

  test('RTN16: recover continues a connection of another client', async () => {
    const name = channelName()
    const first = open()
    const channel = first.channels.get(name)
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    await channel.publish('before', '')
    await got.atLeast(1)
    const { id } = first.connection
    const recover = first.connection.createRecoveryKey()!
    breakConnection(first)
    first.connection.off()
    const second = open({ recover })
    await connected(second)
    expect(second.connection.id).toBe(id)
    const again = collect<Ably.InboundMessage>((listener) => second.channels.get(name).subscribe(listener))
    await again.subscribed
    await open().channels.get(name).publish('after', '')
    await again.atLeast(1)
    expect(again.items.map((message) => message.name)).toEqual(['after'])
  })

  test('RTC1a: with echoMessages false one does not hear oneself', async () => {
    const name = channelName()
    const quiet = open({ echoMessages: false }).channels.get(name)
    const got = collect<Ably.InboundMessage>((listener) => quiet.subscribe(listener))
    await got.subscribed
    await quiet.publish('mine', '')
    await open().channels.get(name).publish('theirs', '')
    await got.atLeast(1)
    expect(got.items.map((message) => message.name)).toEqual(['theirs'])
  })

  test('RTC8a: authorize on a living connection keeps it, and changes what it may do', async () => {
    const client = open({ clientId: 'reauth' })
    await connected(client)
    const { id } = client.connection
    const name = channelName()
    const channel = client.channels.get(name)
    await channel.attach()
    const failed = new Promise((resolve) => channel.once('failed', resolve))
    await client.auth.authorize({ capability: { other: ['subscribe'] }, clientId: 'reauth' })
    await failed
    expect(channel.errorReason?.code).toBe(40160)
    expect(client.connection.id).toBe(id)
    expect((await errorOf(channel.attach())).code).toBe(40160)
  })

  test.runIf(!useBinaryProtocol)(
    'RSA4b, RTN15h: an expired token is renewed, and the connection goes on',
    async () => {
      const issuer = realtime({ clientId: 'issuer' })
      let issued = 0
      const client = open({
        authCallback: (_params, callback) => {
          issued++
          issuer.auth
            .requestToken({ clientId: 'renewed', ttl: issued === 1 ? 3000 : 60_000 })
            .then((details) => callback(null, details))
            .catch((error: Ably.ErrorInfo) => callback(error, null))
        },
      })
      await connected(client)
      const { id } = client.connection
      await next(client, 'disconnected')
      await connected(client)
      expect([issued, client.connection.id]).toEqual([2, id])
    },
  )
})
