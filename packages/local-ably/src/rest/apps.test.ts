import * as Ably from 'ably'
import { describe, expect, test } from 'vitest'
import { connected, errorOf, formats, uniqueName, useServer } from '../../test/clients.ts'

const { realtime, rest, server } = useServer()

interface MadeApp {
  appId: string
  accountId: string
  keys: { keyName: string; keySecret: string; keyStr: string; capability: string }[]
  namespaces: { id: string; persisted: boolean }[]
  endpoint: string
  port: number
  tls: boolean
}

const headers = { 'content-type': 'application/json' }

async function makeApp(body: object): Promise<MadeApp> {
  const answer = await fetch(`${server().url}/apps`, { method: 'POST', headers, body: JSON.stringify(body) })
  expect(answer.status).toBe(201)
  return (await answer.json()) as MadeApp
}

const setup = {
  limits: { presence: { maxMembers: 250 } },
  keys: [
    {},
    {
      capability: JSON.stringify({
        channel0: ['publish'],
        channel3: ['subscribe'],
        channel4: ['presence', 'publish', 'subscribe'],
      }),
    },
    { revocableTokens: true },
  ],
  namespaces: [
    { id: 'persisted', persisted: true },
    { id: 'mutable', mutableMessages: true },
  ],
  channels: [
    {
      name: 'persisted:presence_fixtures',
      presence: [
        { clientId: 'client_string', data: 'text' },
        { clientId: 'client_decoded', data: '{"example":{"json":"Object"}}', encoding: 'json' },
      ],
    },
  ],
}

describe.each(formats)('apps over $format', ({ useBinaryProtocol }) => {
  test('are made over HTTP, with keys in order, rules and members', async () => {
    const app = await makeApp(setup)
    expect(app.keys).toHaveLength(3)
    expect(app.keys[0]).toMatchObject({
      capability: '{"*":["*"]}',
      keyStr: `${app.keys[0]!.keyName}:${app.keys[0]!.keySecret}`,
    })
    expect(app.keys[0]!.keyName.startsWith(`${app.appId}.`)).toBe(true)
    expect(app.namespaces.map(({ id, persisted }) => [id, persisted])).toEqual([
      ['persisted', true],
      ['mutable', false],
    ])
    expect([app.endpoint, app.port, app.tls]).toEqual(['127.0.0.1', server().port, false])
    const key = app.keys[0]!.keyStr
    const members = await rest({ key, useBinaryProtocol })
      .channels.get('persisted:presence_fixtures')
      .presence.get()
    expect(members.items.map(({ clientId, data, action }) => [clientId, data as unknown, action])).toEqual([
      ['client_decoded', { example: { json: 'Object' } }, 'present'],
      ['client_string', 'text', 'present'],
    ])
    const entered = await rest({ key, useBinaryProtocol })
      .channels.get('persisted:presence_fixtures')
      .presence.history({ limit: 1 })
    const before = await entered.next()
    expect([...entered.items, ...before!.items].map(({ clientId, action }) => [clientId, action])).toEqual([
      ['client_decoded', 'enter'],
      ['client_string', 'enter'],
    ])
    const live = await realtime({ key, useBinaryProtocol })
      .channels.get('persisted:presence_fixtures')
      .presence.get()
    expect(live).toHaveLength(2)
  })

  test('do not see each other', async () => {
    const [one, two] = await Promise.all([makeApp(setup), makeApp(setup)])
    const name = uniqueName()
    await rest({ key: one.keys[0]!.keyStr, useBinaryProtocol }).channels.get(name).publish('n', 'x')
    const other = rest({ key: two.keys[0]!.keyStr, useBinaryProtocol }).channels.get(name)
    expect((await other.history()).items).toEqual([])
  })

  test('rules decide where messages are mutable: 93002', async () => {
    const app = await makeApp(setup)
    const client = realtime({ key: app.keys[0]!.keyStr, useBinaryProtocol, clientId: 'x' })
    const fixed = client.channels.get(uniqueName('plain'))
    const { serials } = await fixed.publish('n', 'x')
    expect((await errorOf(fixed.appendMessage({ serial: serials[0]!, data: 'y' }))).code).toBe(93002)
    expect((await errorOf(fixed.annotations.publish(serials[0]!, { type: 'seen:flag.v1' }))).code).toBe(93002)
    const mutable = client.channels.get(uniqueName('mutable'))
    const made = await mutable.publish('n', 'x')
    await mutable.appendMessage({ serial: made.serials[0]!, data: 'y' })
  })

  test('are made in process too, with everything allowed unless rules are given', async () => {
    const free = realtime({ ...server().createApp(), useBinaryProtocol }).channels.get('chat')
    const { serials } = await free.publish('n', 'x')
    await free.appendMessage({ serial: serials[0]!, data: 'y' })
    const own = server().createApp({ namespaces: [], capability: { chat: ['publish'] } })
    const bound = realtime({ ...own, useBinaryProtocol }).channels.get('chat')
    await bound.publish('n', 'x')
    expect((await errorOf(bound.history())).code).toBe(40160)
    const { channels, connections } = server().status()
    expect(channels).toContainEqual({
      app: own.key.split('.')[0],
      name: 'chat',
      subscribers: 0,
      messages: 1,
      members: [],
    })
    expect(connections.some(({ app }) => app === own.key.split('.')[0])).toBe(true)
  })

  test('are deleted with their connections', async () => {
    const app = await makeApp(setup)
    const key = app.keys[0]!.keyStr
    const client = realtime({ key, useBinaryProtocol })
    await connected(client)
    const authorization = `Basic ${Buffer.from(key).toString('base64')}`
    const answer = await fetch(`${server().url}/apps/${app.appId}`, {
      method: 'DELETE',
      headers: { authorization },
    })
    expect(answer.status).toBe(204)
    await client.connection.whenState('failed')
    expect((await errorOf(rest({ key }).channels.get('x').history())).code).toBe(40101)
  })

  test("batch publish and batch presence tell each channel's outcome", async () => {
    const app = await makeApp(setup)
    const client = rest({ key: app.keys[1]!.keyStr, useBinaryProtocol })
    const spec = { channels: ['channel0', 'channel3'], messages: [{ data: 'a' }, { data: 'b' }] }
    const one = await client.batchPublish(spec)
    expect(one).toMatchObject({ successCount: 1, failureCount: 1 })
    expect(one.results[0]).toMatchObject({ channel: 'channel0' })
    expect((one.results[0] as { messageId: string }).messageId).toContain(':0')
    expect(one.results[1]).toMatchObject({ channel: 'channel3', error: { code: 40160, statusCode: 401 } })
    expect(await client.batchPublish([spec, spec])).toHaveLength(2)
    const member = realtime({ key: app.keys[0]!.keyStr, clientId: 'm', useBinaryProtocol })
    await member.channels.get('channel4').presence.enter('here')
    // The SDK types it as a list; it is one result.
    const presence = (await client.batchPresence([
      'channel0',
      'channel4',
    ])) as unknown as Ably.BatchResult<object>
    expect(presence).toMatchObject({ successCount: 1, failureCount: 1 })
    expect(presence.results[1]).toMatchObject({
      channel: 'channel4',
      presence: [{ clientId: 'm', data: 'here' }],
    })
  })

  test('tokens are revoked: connections learn it with 40141', async () => {
    const app = await makeApp(setup)
    const revoker = rest({ key: app.keys[2]!.keyStr, useBinaryProtocol })
    const details = await revoker.auth.requestToken({ clientId: 'gone' })
    const client = realtime({ token: details.token, useBinaryProtocol })
    await connected(client)
    const disconnected = new Promise<Ably.ConnectionStateChange>((resolve) =>
      client.connection.once('disconnected', resolve),
    )
    const result = await revoker.auth.revokeTokens([
      { type: 'clientId', value: 'gone' },
      { type: 'invalidType', value: 'abc' },
    ])
    expect(result).toMatchObject({ successCount: 1, failureCount: 1 })
    expect(result.results[0]).toMatchObject({ target: 'clientId:gone' })
    expect(result.results[1]).toMatchObject({ target: 'invalidType:abc', error: { statusCode: 400 } })
    expect((await disconnected).reason?.code).toBe(40141)
    const now = await revoker.time()
    const later = await revoker.auth.revokeTokens([{ type: 'clientId', value: 'x' }], {
      issuedBefore: now - 1000,
      allowReauthMargin: true,
    })
    expect(later.results[0]).toMatchObject({ issuedBefore: now - 1000 })
    expect((later.results[0] as { appliesAt: number }).appliesAt).toBeGreaterThan(now + 30_000)
    const other = rest({ key: app.keys[0]!.keyStr })
    expect((await errorOf(other.auth.revokeTokens([{ type: 'clientId', value: 'x' }]))).code).toBe(40163)
  })

  test('statistics: fixtures by minute and hour, paged, and what happens now', async () => {
    const app = await makeApp(setup)
    const key = app.keys[0]!.keyStr
    const authorization = `Basic ${Buffer.from(key).toString('base64')}`
    const fixtures = ['03', '04', '05'].map((minute, i) => ({
      intervalId: `2020-02-03:15:${minute}`,
      inbound: { realtime: { messages: { count: 50 + i * 10, data: 5000 } } },
    }))
    await fetch(`${server().url}/stats`, {
      method: 'POST',
      headers: { ...headers, authorization },
      body: JSON.stringify(fixtures),
    })
    const client = rest({ key, useBinaryProtocol })
    const entry = 'messages.inbound.all.messages.count'
    const minutes = await client.stats({
      start: '2020-02-03:15:03',
      end: '2020-02-03:15:05',
      direction: 'forwards',
    } as unknown as Ably.StatsParams)
    expect(minutes.items.map((stat) => stat.entries[entry])).toEqual([50, 60, 70])
    const hours = await client.stats({
      start: '2020-02-03:15',
      end: '2020-02-03:18',
      unit: 'hour',
    } as unknown as Ably.StatsParams)
    expect(hours.items.map((stat) => [stat.intervalId, stat.entries[entry]])).toEqual([
      ['2020-02-03:15', 180],
    ])
    const last = await client.stats({ end: '2020-02-03:15:05', limit: 1 } as unknown as Ably.StatsParams)
    expect(last.items[0]!.entries[entry]).toBe(70)
    expect((await last.next())!.items[0]!.entries[entry]).toBe(60)
    await client.channels.get('x').publish('n', 'x')
    const now = await client.stats({ unit: 'hour' } as unknown as Ably.StatsParams)
    expect(now.items[0]).toMatchObject({ unit: 'hour', appId: app.appId, entries: { [entry]: 1 } })
    expect(now.items[0]!.inProgress).toBeTypeOf('string')
  })
})
