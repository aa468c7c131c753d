import * as Ably from 'ably'
import { testPatience } from '../../../core/test/patience.ts'
import { startLocalAbly } from '../index.ts'
import { Action } from '../wire/protocol.ts'
import { describe, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { collect, connected, formats, pause, uniqueName, useServer } from '../../test/clients.ts'

const { realtime, server } = useServer({ connectionStateTtl: testPatience, maxIdleInterval: 400 })

const dropped = (client: Ably.Realtime) => client.connection.whenState('disconnected')
const until = async (check: () => boolean) => {
  while (!check()) await pause(10)
}

describe.each(formats)('connection over $format', ({ useBinaryProtocol }) => {
  // What takes its time and does not depend on the format is tried in one.
  const once = test.runIf(!useBinaryProtocol)
  const open = (options = {}) => realtime({ useBinaryProtocol, ...options })

  test('connects, pings, closes', async () => {
    const client = open({ clientId: 'bob' })
    await connected(client)
    expect(client.connection.id).toMatch(/^\w{10}$/)
    expect(client.connection.key).toContain(client.connection.id)
    expect(client.auth.clientId).toBe('bob')
    expect(await client.connection.ping()).toBeGreaterThanOrEqual(0)
    client.close()
    await client.connection.whenState('closed')
  })

  once('stays connected when idle', async () => {
    const client = open()
    await connected(client)
    // What the SDK waits for: it takes silence for a lost connection.
    const socket = new WebSocket(`${server().url.replace('http', 'ws')}/?key=${server().key}&heartbeats=true`)
    const beats = collect<unknown>((listener) =>
      socket.on('message', (data: Buffer) => {
        const { action } = JSON.parse(data.toString()) as { action: number }
        if (action === Action.heartbeat) listener(action)
      }),
    )
    await beats.atLeast(3)
    socket.terminate()
    expect(client.connection.state).toBe('connected')
  })

  test('resumes after a drop, and misses nothing', async () => {
    const name = uniqueName()
    const reader = open()
    const channel = reader.channels.get(name)
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    const writer = open({ clientId: 'w' }).channels.get(name)
    const { serials } = await writer.publish('a', '1')
    await got.atLeast(1)
    const { id, key } = reader.connection
    const resumes: boolean[] = []
    channel.on('attached', (change) => resumes.push(change.resumed))
    const gone = dropped(reader)
    const admit = server().faults.drop({ match: { connectionId: id! }, refuseFor: testPatience })
    await gone
    await writer.publish('b', '2')
    await writer.appendMessage({ serial: serials[0], data: '1' } as Ably.Message)
    await writer.appendMessage({ serial: serials[0], data: '1' } as Ably.Message)
    admit()
    await got.atLeast(3)
    await writer.publish('c', '3')
    await got.atLeast(4)
    expect(got.items.map(({ name: of, action, data }) => [of, action, data as unknown])).toEqual([
      ['a', 'message.create', '1'],
      ['b', 'message.create', '2'],
      ['a', 'message.update', '111'],
      ['c', 'message.create', '3'],
    ])
    expect(reader.connection.id).toBe(id)
    expect(reader.connection.key).not.toBe(key)
    expect(resumes).toEqual([true])
  })

  test('who does not want their own back does not get it on a resume either', async () => {
    const name = uniqueName()
    const client = open({ echoMessages: false })
    const channel = client.channels.get(name)
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    const other = open().channels.get(name)
    const lose = server().faults.lose({ match: { connectionId: client.connection.id!, action: 'message' } })
    const { serials } = await channel.publish('mine', '1')
    await channel.publish('mine too', '2')
    await other.appendMessage({ serial: serials[0]!, data: '+' })
    await other.publish('theirs', '3')
    lose()
    server().faults.drop({ match: { connectionId: client.connection.id! } })
    await got.atLeast(2)
    await other.publish('end', '')
    await got.atLeast(3)
    expect(got.items.map((message) => [message.name, message.data as unknown])).toEqual([
      ['mine', '1+'],
      ['theirs', '3'],
      ['end', ''],
    ])
  })

  test('a publish whose ACK was lost is answered once after the resume', async () => {
    const name = uniqueName()
    const client = open()
    const channel = client.channels.get(name)
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    const heal = server().faults.lose({ on: 'ack', match: { channel: name }, times: 1 })
    const published = channel.publish('once', '1')
    await got.atLeast(1)
    server().faults.drop({ match: { connectionId: client.connection.id! } })
    const { serials } = await published
    heal()
    await channel.publish('end', '')
    await got.atLeast(2)
    expect(got.items.map((message) => message.name)).toEqual(['once', 'end'])
    expect(serials).toEqual([got.items[0]!.serial])
  })

  once('after its time to live a connection is new, and its channels start anew', async () => {
    const own = await startLocalAbly({ connectionStateTtl: 50 })
    const { key, ...where } = own.clientOptions
    const client = open({ key, ...where })
    const channel = client.channels.get(uniqueName())
    await channel.attach()
    const { id } = client.connection
    const attached = new Promise<Ably.ChannelStateChange>((resolve) => channel.once('attached', resolve))
    const admit = own.faults.drop({ match: { connectionId: id! }, refuseFor: testPatience })
    await until(() => !own.status().connections.some((one) => one.id === id))
    admit()
    const change = await attached
    expect(change.resumed).toBe(false)
    expect(client.connection.id).not.toBe(id)
    expect(client.connection.errorReason?.code).toBe(80008)
    client.close()
    await own.close()
  })

  test('a forgotten connection says so; recent channels still resume', async () => {
    const client = open()
    const channel = client.channels.get(uniqueName())
    await channel.attach()
    const { id } = client.connection
    const attached = new Promise<Ably.ChannelStateChange>((resolve) => channel.once('attached', resolve))
    server().faults.drop({ match: { connectionId: id! }, forget: true })
    expect((await attached).resumed).toBe(true)
    expect(client.connection.id).not.toBe(id)
  })

  test('recover takes up where another client object left', async () => {
    const name = uniqueName()
    const first = open({ disconnectedRetryTimeout: testPatience })
    const channel = first.channels.get(name)
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    await channel.publish('a', '1')
    await got.atLeast(1)
    const recoveryKey = first.connection.createRecoveryKey()!
    // It tries again at once, and then no more.
    const losses = collect((listener) => first.connection.on('disconnected', listener))
    const lost = { match: { connectionId: first.connection.id! }, refuseFor: testPatience }
    const admit = server().faults.drop(lost)
    await losses.atLeast(2)
    admit()
    await realtime().channels.get(name).publish('b', '2')
    const second = open({ recover: recoveryKey })
    const again = collect<Ably.InboundMessage>((listener) => second.channels.get(name).subscribe(listener))
    await again.atLeast(1)
    expect(again.items[0]!.name).toBe('b')
    first.connection.off()
    first.close()
  })

  test('DISCONNECTED carries its reason', async () => {
    const client = open()
    await connected(client)
    const gone = new Promise<Ably.ConnectionStateChange>((resolve) =>
      client.connection.once('disconnected', resolve),
    )
    server().faults.drop({ match: { connectionId: client.connection.id! }, error: 80003 })
    expect((await gone).reason?.code).toBe(80003)
    await connected(client)
  })

  test('a wrong key fails the connection', async () => {
    for (const [key, code] of [
      ['local.key:wrong', 40101],
      ['local.nokey:secret', 40400],
      ['other.key:secret', 40101],
    ] as const) {
      const client = open({ key })
      await client.connection.whenState('failed')
      expect(client.connection.errorReason?.code).toBe(code)
    }
  })

  test('an error for the connection fails it', async () => {
    const client = open()
    await connected(client)
    server().faults.failConnection({
      match: { connectionId: client.connection.id! },
      error: { code: 40300, message: 'account disabled' },
    })
    await client.connection.whenState('failed')
    expect(client.connection.errorReason).toMatchObject({
      code: 40300,
      statusCode: 403,
      message: 'account disabled',
    })
  })

  once('a frozen connection is noticed by its silence', async () => {
    const client = open({ realtimeRequestTimeout: 300 })
    await connected(client)
    const { id } = client.connection
    const thaw = server().faults.freeze({ match: { connectionId: id! } })
    await dropped(client)
    thaw()
    await connected(client)
    await until(() => client.connection.state === 'connected')
  })
})
