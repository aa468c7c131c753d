import type * as Ably from 'ably'
import { describe, expect, test } from 'vitest'
import { collect, connected, errorOf, formats } from '../clients.ts'
import { channelName, eventually, mutableName, realtime, rest, useTarget } from './target.ts'

useTarget()

const sorted = (serials: (string | null)[]) => [...serials].map(String).sort((a, b) => (a < b ? -1 : 1))

describe.each(formats)('messages over $format', ({ useBinaryProtocol }) => {
  const open = (options: Ably.ClientOptions = {}) => realtime({ useBinaryProtocol, ...options })

  async function subscribed(
    name: string,
    options: Ably.ClientOptions = {},
    channelOptions: Ably.ChannelOptions = {},
  ) {
    const channel = open(options).channels.get(name, channelOptions)
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    return { channel, got }
  }

  test('RTL6, TM2: a message arrives with all its fields', async () => {
    const client = open({ clientId: 'bob' })
    await connected(client)
    const channel = client.channels.get(channelName())
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    const { serials } = await channel.publish({ name: 'n', data: 'd', extras: { headers: { a: '1' } } })
    const [message] = await got.atLeast(1)
    expect(message).toMatchObject({
      name: 'n',
      data: 'd',
      clientId: 'bob',
      connectionId: client.connection.id,
      extras: { headers: { a: '1' } },
      action: 'message.create',
      serial: serials[0],
    })
    expect(message!.id.startsWith(`${client.connection.id}:`)).toBe(true)
    expect(message!.timestamp).toBeGreaterThan(Date.now() - 60_000)
    expect(message!.version).toMatchObject({ serial: message!.serial, timestamp: message!.timestamp })
  })

  test('RTL6i2, RSL1n: several at once have a serial each, in order', async () => {
    const { channel, got } = await subscribed(channelName())
    const { serials } = await channel.publish(['0', '1', '2'].map((name) => ({ name })))
    await got.atLeast(3)
    expect(got.items.map((message) => message.serial)).toEqual(serials)
    expect(sorted(serials)).toEqual(serials)
  })

  test('RSL4, RSL6: text, bytes, objects and nothing arrive as they were sent', async () => {
    const { channel, got } = await subscribed(channelName())
    const sent = ['text', 'ünïcode ✓', Buffer.from([0, 1, 255]), { a: [1, { b: null }] }, [1, 'two']]
    for (const data of sent) await channel.publish('n', data)
    await channel.publish('n', null)
    await got.atLeast(sent.length + 1)
    expect(got.items.slice(0, -1).map((message) => message.data as unknown)).toEqual(sent)
    expect(got.items.at(-1)!.data).toBeFalsy()
  })

  test('RSL1k5: an id publishes once', async () => {
    const channel = rest({ useBinaryProtocol }).channels.get(channelName())
    const id = `known-${Math.random()}`
    for (const data of ['first', 'second']) await channel.publish({ id, name: 'n', data })
    const page = await eventually(async () => {
      const found = await channel.history()
      return found.items.length > 0 && found
    })
    expect(page.items.map((message) => [message.id, message.data as unknown])).toEqual([[id, 'first']])
  })

  test("RSL1m4, RTL6g3: a clientId that is not one's own is refused", async () => {
    const channel = open({ clientId: 'bob' }).channels.get(channelName())
    await channel.attach()
    expect((await errorOf(channel.publish({ name: 'n', clientId: 'eve' }))).code).toBe(40012)
    const details = await rest().auth.requestToken({ clientId: 'bob' })
    const own = rest({ useBinaryProtocol, tokenDetails: details }).channels.get(channelName())
    expect((await errorOf(own.publish({ name: 'n', clientId: 'eve' }))).code).toBe(40012)
  })

  test('RSL1d: a publish without capability is refused', async () => {
    const details = await rest().auth.requestToken({ capability: { '*': ['subscribe'] } })
    const error = await errorOf(open({ tokenDetails: details }).channels.get(channelName()).publish('n', 'd'))
    expect([error.code, error.statusCode]).toEqual([40160, 401])
  })

  test('RTL32b1, RTL32d: update, append and delete, as a subscriber sees them', async () => {
    const name = mutableName()
    const { got } = await subscribed(name)
    const channel = open({ clientId: 'agent' }).channels.get(name)
    const { serials } = await channel.publish({ name: 'n', data: 'one', extras: { headers: { h: '1' } } })
    const serial = serials[0]!
    const updated = await channel.updateMessage(
      { serial, data: 'two' },
      { description: 'why', metadata: { k: 'v' } },
    )
    const appended = await channel.appendMessage({ serial, data: '+' })
    const deleted = await channel.deleteMessage({ serial })
    await got.atLeast(4)
    expect(got.items.map(({ action, data }) => [action, data as unknown])).toEqual([
      ['message.create', 'one'],
      ['message.update', 'two'],
      ['message.append', '+'],
      ['message.delete', 'two+'],
    ])
    expect(new Set(got.items.map((message) => message.serial))).toEqual(new Set([serial]))
    expect(got.items.slice(1).map((message) => message.version.serial)).toEqual([
      updated.versionSerial,
      appended.versionSerial,
      deleted.versionSerial,
    ])
    expect(got.items[1]).toMatchObject({
      name: 'n',
      extras: { headers: { h: '1' } },
      version: { description: 'why', metadata: { k: 'v' }, clientId: 'agent' },
    })
    const versions = got.items.map((message) => String(message.version.serial))
    expect(sorted(versions)).toEqual(versions)
  })

  test('RSL11, RSL14, RSL15: one message, its versions, and a change over REST', async () => {
    const channel = rest({ useBinaryProtocol }).channels.get(mutableName())
    const { serials } = await channel.publish('n', { v: 1 })
    const serial = serials[0]!
    const { versionSerial } = await channel.updateMessage(
      { serial, data: { v: 2 } },
      { metadata: { a: 'b' } },
    )
    const message = await eventually(async () => {
      const found = await channel.getMessage(serial)
      return found.action === 'message.update' && found
    })
    expect(message).toMatchObject({
      serial,
      name: 'n',
      data: { v: 2 },
      version: { serial: versionSerial, metadata: { a: 'b' } },
    })
    expect(message.version!.timestamp!).toBeGreaterThan(message.timestamp!)
    const versions = await eventually(async () => {
      const page = await channel.getMessageVersions(serial)
      return page.items.length >= 2 && page
    })
    expect(versions.items.map((one) => one.action)).toEqual(['message.create', 'message.update'])
    expect((await errorOf(channel.getMessage('01700000000000-000@unknown:000'))).statusCode).toBe(404)
  })

  test('RSL2, RTL32, docs on appends: a message that grew is whole, in its place, in history and rewind', async () => {
    const name = mutableName()
    const channel = open().channels.get(name)
    const { serials } = await channel.publish('response', 'a')
    await channel.publish('after', '')
    await channel.appendMessage({ serial: serials[0]!, data: 'b' })
    const page = await eventually(async () => {
      const found = await channel.history({ direction: 'forwards' })
      return found.items[0]?.data === 'ab' && found
    })
    expect(page.items.map((message) => [message.name, message.action])).toEqual([
      ['response', 'message.update'],
      ['after', 'message.create'],
    ])
    const { got } = await subscribed(name, {}, { params: { rewind: '10' } })
    await got.atLeast(2)
    expect(got.items.find((message) => message.name === 'response')).toMatchObject({
      action: 'message.update',
      data: 'ab',
    })
  })

  test('RTL32, docs on appends: the first append after an attach arrives as the whole, later ones as slices', async () => {
    const name = mutableName()
    // Without merging, so that each append is one delivery.
    const writer = open({ transportParams: { appendRollupWindow: 0 } }).channels.get(name)
    const { serials } = await writer.publish('response', 'a')
    await writer.appendMessage({ serial: serials[0]!, data: 'b' })
    const { got } = await subscribed(name)
    await writer.appendMessage({ serial: serials[0]!, data: 'c' })
    await writer.appendMessage({ serial: serials[0]!, data: 'd' })
    await got.atLeast(2)
    expect(got.items.map(({ action, data }) => [action, data as unknown])).toEqual([
      ['message.update', 'abc'],
      ['message.append', 'd'],
    ])
  })

  test('RTL32, docs on appendRollupWindow: appends that are merged still add up', async () => {
    const name = mutableName()
    const { got } = await subscribed(name)
    const writer = open({ transportParams: { appendRollupWindow: 100 } }).channels.get(name)
    const { serials } = await writer.publish('response', '')
    const letters = 'abcdefghij'.split('')
    await Promise.all(letters.map((data) => writer.appendMessage({ serial: serials[0]!, data })))
    const text = await eventually(async () => {
      let whole = ''
      for (const { action, data } of got.items)
        whole = action === 'message.append' ? whole + String(data) : String(data ?? '')
      return whole.length === letters.length && whole
    })
    expect(text).toBe(letters.join(''))
    expect(got.items.length).toBeLessThan(letters.length + 1)
  })

  test('RSL15, error 93002: messages of a namespace without the rule stay as they are', async () => {
    const channel = open().channels.get(channelName())
    const { serials } = await channel.publish('n', 'd')
    expect((await errorOf(channel.updateMessage({ serial: serials[0]!, data: 'e' }))).code).toBe(93002)
  })
})
