import type { InboundMessage, Message } from 'ably'
import { describe, expect, test } from 'vitest'
import { collect, errorOf, formats, uniqueName, useServer } from '../../test/clients.ts'

const { realtime, rest } = useServer()

describe.each(formats)('messages over $format', ({ useBinaryProtocol }) => {
  const open = (options = {}) => realtime({ useBinaryProtocol, ...options })

  test('publish is acknowledged with serials in order, and echoed', async () => {
    const client = open({ clientId: 'bob' })
    const channel = client.channels.get(uniqueName())
    const got = collect<InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    const first = await channel.publish('a', 'one')
    const second = await channel.publish([
      { name: 'b', data: { x: 1 } },
      { name: 'c', data: Buffer.from([1, 2, 255]) },
    ])
    await got.atLeast(3)
    expect(got.items.map((message) => message.serial)).toEqual([...first.serials, ...second.serials])
    expect(got.items.map((message) => String(message.serial)).sort((a, b) => (a < b ? -1 : 1))).toEqual(
      got.items.map((message) => message.serial),
    )
    expect(got.items.map((message) => message.data as unknown)).toEqual([
      'one',
      { x: 1 },
      Buffer.from([1, 2, 255]),
    ])
    expect(got.items[0]).toMatchObject({ name: 'a', clientId: 'bob', action: 'message.create' })
    expect(got.items[0]!.id).toBe(`${client.connection.id}:0:0`)
    expect(got.items[0]!.version).toMatchObject({ serial: got.items[0]!.serial })
  })

  test('bytes and extras cross formats unchanged', async () => {
    const name = uniqueName()
    const other = realtime({ useBinaryProtocol: !useBinaryProtocol }).channels.get(name)
    const got = collect<InboundMessage>((listener) => other.subscribe(listener))
    await got.subscribed
    await open()
      .channels.get(name)
      .publish({ name: 'x', data: Buffer.from('héllo'), extras: { headers: { a: '1' } } })
    const [message] = await got.atLeast(1)
    expect(message!.data).toEqual(Buffer.from('héllo'))
    expect(message!.extras).toEqual({ headers: { a: '1' } })
  })

  test("echoMessages false keeps one's own away", async () => {
    const name = uniqueName()
    const quiet = open({ echoMessages: false }).channels.get(name)
    const got = collect<InboundMessage>((listener) => quiet.subscribe(listener))
    await got.subscribed
    await quiet.publish('mine', '1')
    await open().channels.get(name).publish('theirs', '2')
    await got.atLeast(1)
    expect(got.items.map((message) => message.name)).toEqual(['theirs'])
  })

  test('an id that was published before publishes nothing', async () => {
    const channel = open().channels.get(uniqueName())
    const got = collect<InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    const first = await channel.publish({ id: 'same', data: '1' })
    const again = await channel.publish({ id: 'same', data: '1' })
    await channel.publish('end', '')
    await got.atLeast(2)
    expect(again.serials).toEqual(first.serials)
    expect(got.items.map((message) => message.name ?? message.id)).toEqual(['same', 'end'])
  })

  test('append: a slice to who has seen the message, the whole to who has not', async () => {
    const name = uniqueName()
    const agent = open({ clientId: 'agent' }).channels.get(name)
    const reader = open().channels.get(name)
    const got = collect<InboundMessage>((listener) => reader.subscribe(listener))
    await got.subscribed
    const { serials } = await agent.publish({
      name: 'response',
      data: 'Hello',
      extras: { headers: { r: '1' } },
    })
    const serial = serials[0]!
    const { versionSerial } = await agent.appendMessage(
      { serial, data: ' world' },
      {
        metadata: { n: '1' },
      },
    )
    const late = open().channels.get(name)
    const lateGot = collect<InboundMessage>((listener) => late.subscribe(listener))
    await lateGot.subscribed
    await agent.appendMessage({ serial, data: '!' })
    await agent.appendMessage({ serial, data: '?' })
    await got.atLeast(4)
    await lateGot.atLeast(2)
    expect(got.items.map(({ action, data }) => [action, data as unknown])).toEqual([
      ['message.create', 'Hello'],
      ['message.append', ' world'],
      ['message.append', '!'],
      ['message.append', '?'],
    ])
    expect(lateGot.items.map(({ action, data }) => [action, data as unknown])).toEqual([
      ['message.update', 'Hello world!'],
      ['message.append', '?'],
    ])
    expect(got.items[1]).toMatchObject({
      serial,
      name: 'response',
      clientId: 'agent',
      extras: { headers: { r: '1' } },
      version: { serial: versionSerial, metadata: { n: '1' }, clientId: 'agent' },
    })
    expect(got.items[2]!.version.metadata).toBeUndefined()
  })

  test('update mixes in, delete keeps the data, versions are told', async () => {
    const name = uniqueName()
    const channel = open({ clientId: 'mod' }).channels.get(name)
    const got = collect<InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    const { serials } = await channel.publish({ name: 'n', data: 'one', extras: { headers: { k: 'v' } } })
    const serial = serials[0]!
    await channel.updateMessage(
      { serial, data: { two: 2 } },
      {
        description: 'fix',
        metadata: { a: 'b' },
      },
    )
    await channel.deleteMessage({ serial })
    await got.atLeast(3)
    expect(got.items[1]).toMatchObject({
      action: 'message.update',
      name: 'n',
      data: { two: 2 },
      extras: { headers: { k: 'v' } },
      version: { description: 'fix', metadata: { a: 'b' }, clientId: 'mod' },
    })
    expect(got.items[2]).toMatchObject({ action: 'message.delete', data: { two: 2 }, serial })
    const kept = await channel.getMessage(serial)
    expect(kept).toMatchObject({ action: 'message.delete', serial })
    const told = await channel.getMessageVersions(serial)
    expect(told.items.map((message) => message.action)).toEqual([
      'message.create',
      'message.update',
      'message.delete',
    ])
    expect(got.items[1]!.version.timestamp!).toBeGreaterThan(got.items[0]!.timestamp)
  })

  test('appends within the window leave as one', async () => {
    const name = uniqueName()
    const agent = open({ transportParams: { appendRollupWindow: 100 } }).channels.get(name)
    const reader = open().channels.get(name)
    const got = collect<InboundMessage>((listener) => reader.subscribe(listener))
    await got.subscribed
    const { serials } = await agent.publish('response', '')
    const serial = serials[0]!
    const acks = await Promise.all(
      'abcdef'
        .split('')
        .map((data, i) => agent.appendMessage({ serial, data }, { metadata: { i: String(i) } })),
    )
    await got.atLeast(3)
    expect(got.items.map((message) => message.data as unknown)).toEqual(['', 'a', 'bcdef'])
    expect(got.items[2]!.version).toMatchObject({ metadata: { i: '5' }, serial: acks[5]!.versionSerial })
  })

  test('refusals carry code and message', async () => {
    const channel = open().channels.get(uniqueName())
    const unknown = await errorOf(channel.appendMessage({ serial: 'nope', data: 'x' }))
    expect(unknown).toMatchObject({ code: 40400, statusCode: 404 })
    const { serials } = await channel.publish('bytes', Buffer.from([1]))
    const mixed = await errorOf(channel.appendMessage({ serial: serials[0], data: 'text' } as Message))
    expect(mixed).toMatchObject({ code: 40013, statusCode: 400 })
    const odd = await errorOf(channel.publish({ name: 'x', extras: { surprise: 1 } }))
    expect(odd).toMatchObject({ code: 40032 })
    const whole = await channel.publish('big', 'x'.repeat(60_000))
    const large = await errorOf(
      channel.appendMessage({ serial: whole.serials[0], data: 'y'.repeat(6000) } as Message),
    )
    expect(large.code).toBe(40009)
  })

  test('REST publishes, reads and changes', async () => {
    const name = uniqueName()
    const client = rest({ useBinaryProtocol })
    const channel = client.channels.get(name)
    const reader = open().channels.get(name)
    const got = collect<InboundMessage>((listener) => reader.subscribe(listener))
    await got.subscribed
    const { serials } = await channel.publish([
      { name: 'a', data: '1' },
      { name: 'b', data: Buffer.from([7]) },
    ])
    await channel.updateMessage({ serial: serials[0], data: '2' } as Message)
    await channel.appendMessage({ serial: serials[0], data: '3' } as Message)
    await got.atLeast(4)
    expect(got.items.map((message) => message.action)).toEqual([
      'message.create',
      'message.create',
      'message.update',
      'message.append',
    ])
    const page = await channel.history({ direction: 'forwards' })
    expect(page.items.map((message) => [message.action, message.data as unknown])).toEqual([
      ['message.update', '23'],
      ['message.create', Buffer.from([7])],
    ])
  })
})
