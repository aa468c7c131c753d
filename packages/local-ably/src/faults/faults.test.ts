import type * as Ably from 'ably'
import { describe, expect, test } from 'vitest'
import { collect, connected, errorOf, formats, uniqueName, useServer } from '../../test/clients.ts'
import { startLocalAbly } from '../index.ts'

const { realtime, rest, server } = useServer()

const settle = async (promises: Promise<unknown>[]) =>
  (await Promise.allSettled(promises)).map((one) =>
    one.status === 'fulfilled' ? 'ok' : (one.reason as Ably.ErrorInfo).code,
  )

describe.each(formats)('faults over $format', ({ useBinaryProtocol }) => {
  const open = (options = {}) => realtime({ useBinaryProtocol, ...options })

  test('refuse: the n-th, every n-th, the next n, by match', async () => {
    const { faults } = server()
    const name = uniqueName()
    const channel = open({ clientId: 'agent' }).channels.get(name)
    const { serials } = await channel.publish('response', '')
    const append = (data: string) => channel.appendMessage({ serial: serials[0], data } as Ably.Message)
    const third = faults.refuse({ nth: 3, match: { channel: name, action: 'append' } })
    expect(await settle('abcd'.split('').map(append))).toEqual(['ok', 'ok', 42911, 'ok'])
    third()
    const second = faults.refuse({
      every: 2,
      match: { channel: name, clientId: 'agent' },
      error: { code: 42913 },
    })
    expect(await settle('abcd'.split('').map(append))).toEqual(['ok', 42913, 'ok', 42913])
    second()
    const next = faults.refuse({ times: 2, match: { channel: name, data: /x/ }, error: 40000 })
    expect(await settle('axyxx'.split('').map(append))).toEqual(['ok', 40000, 'ok', 40000, 'ok'])
    next()
    const byName = faults.refuse({ match: { channel: name, name: 'response', action: 'append' } })
    expect(await settle([append('z')])).toEqual([42911])
    byName()
    const named = faults.refuse({ match: { channel: name, name: 'token' } })
    expect((await errorOf(channel.publish('token', 'x'))).statusCode).toBe(429)
    await channel.publish('other', 'x')
    expect((await errorOf(rest().channels.get(name).publish('token', 'x'))).code).toBe(42911)
    named()
    await channel.publish('token', 'x')
  })

  test('duplicate, lose and reorder deliveries', async () => {
    const { faults } = server()
    const name = uniqueName()
    const channel = open().channels.get(name)
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    const removes = [
      faults.duplicate({ match: { channel: name, data: 'b' } }),
      faults.lose({ match: { channel: name, data: 'c' } }),
      faults.reorder({ match: { channel: name, data: 'd' } }),
    ]
    for (const data of 'abcdef') await channel.publish('n', data)
    await got.atLeast(6)
    expect(got.items.map((message) => message.data as unknown)).toEqual(['a', 'b', 'b', 'e', 'd', 'f'])
    for (const remove of removes) remove()
  })

  test('delay holds deliveries back, in order; delayed ACKs come in order too', async () => {
    const { faults } = server()
    const name = uniqueName()
    const slow = open({ clientId: `slow-${name}` }).channels.get(name)
    const got = collect<Ably.InboundMessage>((listener) => slow.subscribe(listener))
    await got.subscribed
    const remove = faults.delay({ ms: 150, match: { clientId: `slow-${name}`, action: 'message' } })
    const writer = open().channels.get(name)
    const began = Date.now()
    for (const data of 'abc') await writer.publish('n', data)
    await got.atLeast(3)
    remove()
    expect(Date.now() - began).toBeGreaterThanOrEqual(140)
    expect(got.items.map((message) => message.data as unknown)).toEqual(['a', 'b', 'c'])
    const late = faults.delay({ on: 'ack', ms: 150, match: { channel: name, data: 'x' } })
    const order: string[] = []
    const sent = Date.now()
    await Promise.all(['x', 'y'].map((data) => writer.publish('n', data).then(() => order.push(data))))
    expect(Date.now() - sent).toBeGreaterThanOrEqual(140)
    expect(order).toEqual(['x', 'y'])
    late()
  })

  test('hold: a publisher learns nothing until it is removed, then everything in order', async () => {
    const { faults } = server()
    const name = uniqueName()
    const channel = open().channels.get(name)
    const heard = collect<string>((listener) => channel.subscribe(({ data }) => listener(data as string)))
    await heard.subscribed
    const release = faults.hold({ match: { channel: name, data: /x/ } })
    const refuse = faults.refuse({ match: { channel: name, data: 'xb' } })
    const learnt: string[] = []
    const published = ['xa', 'xb', 'c'].map((data) =>
      channel.publish('n', data).then(
        () => learnt.push(`${data} stored`),
        () => learnt.push(`${data} refused`),
      ),
    )
    // It holds back the answer alone: what was stored is delivered.
    await heard.atLeast(2)
    expect(heard.items).toEqual(['xa', 'c'])
    expect(learnt).toEqual([])
    release()
    await Promise.all(published)
    expect(learnt).toEqual(['xa stored', 'xb refused', 'c stored'])
    refuse()
  })

  test('refuse history, attach and REST', async () => {
    const { faults } = server()
    const name = uniqueName()
    const channel = open().channels.get(name)
    await channel.attach()
    const history = faults.refuse({ on: 'history', match: { channel: name } })
    expect((await errorOf(channel.history({ untilAttach: true }))).code).toBe(90008)
    history()
    await channel.history()
    const attach = faults.refuse({ on: 'attach', match: { channel: `${name}-2` }, error: 40160 })
    expect((await errorOf(open().channels.get(`${name}-2`).attach())).code).toBe(40160)
    attach()
    const down = faults.refuse({ on: 'rest', times: 1, match: { path: /history|messages/ }, error: 50003 })
    expect((await errorOf(rest({ useBinaryProtocol }).channels.get(name).history())).statusCode).toBe(500)
    await rest({ useBinaryProtocol }).channels.get(name).history()
    down()
  })
})

test('restart with memory resumes, without memory starts anew', async () => {
  const { faults, ...own } = await startLocalAbly()
  const { key, ...where } = own.clientOptions
  const client = realtime({ key, ...where })
  const channel = client.channels.get(uniqueName())
  await channel.publish('n', '1')
  await channel.attach()
  const attached = () => new Promise<Ably.ChannelStateChange>((resolve) => channel.once('attached', resolve))
  let next = attached()
  await faults.restart({ memory: true })
  expect((await next).resumed).toBe(true)
  expect((await channel.history()).items).toHaveLength(1)
  next = attached()
  await faults.restart({ memory: false, downFor: 100 })
  expect((await next).resumed).toBe(false)
  expect((await channel.history()).items).toHaveLength(0)
  client.close()
  await own.close()
})

test('close ends with clients connected', async () => {
  const own = await startLocalAbly()
  const { key, ...where } = own.clientOptions
  const clients = Array.from({ length: 5 }, () => realtime({ key, ...where }))
  await Promise.all(clients.map(connected))
  await own.close()
  for (const client of clients) client.close()
})
