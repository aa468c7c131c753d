import { once } from 'node:events'
import { connect } from 'node:net'
import * as Ably from 'ably'
import { testPatience } from '../../../core/test/patience.ts'
import { describe, expect, test } from 'vitest'
import { collect, connected, errorOf, uniqueName, useServer } from '../../test/clients.ts'

const { server, realtime, rest } = useServer({ maxIdleInterval: 500, connectionStateTtl: testPatience })

// Node's transport reads a stream; with `stream=false` the server answers each poll once, as browsers ask it to.
const transports: { how: string; transportParams: Record<string, string> }[] = [
  { how: 'streaming', transportParams: {} },
  { how: 'polling', transportParams: { stream: 'false' } },
]

describe.each(transports)('comet, $how', ({ transportParams }) => {
  const open = (options: Ably.ClientOptions = {}) =>
    realtime({ transports: ['comet'] as never, transportParams, useBinaryProtocol: false, ...options })

  test('publishes, subscribes, appends, enters and reads history', async () => {
    const client = open({ clientId: 'ann' })
    const channel = client.channels.get(uniqueName())
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    const { serials } = await channel.publish('n', 'Hello')
    await channel.appendMessage({ serial: serials[0]!, data: ' world' })
    await channel.publish('bytes', Buffer.from([1, 2, 3]))
    await got.atLeast(3)
    expect(got.items.map(({ action, data }) => [action, data as unknown])).toEqual([
      ['message.create', 'Hello'],
      ['message.append', ' world'],
      ['message.create', Buffer.from([1, 2, 3])],
    ])
    await channel.presence.enter('here')
    expect((await channel.presence.get()).map(({ data }) => data as unknown)).toEqual(['here'])
    expect((await channel.history()).items).toHaveLength(2)
    await client.connection.ping()
  })

  test('many publishes keep their order, and refusals come back', async () => {
    const client = open()
    const channel = client.channels.get(uniqueName())
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    await Promise.all(Array.from({ length: 200 }, (_, i) => channel.publish('n', String(i))))
    await got.atLeast(200)
    expect(got.items.map(({ data }) => Number(data))).toEqual(Array.from({ length: 200 }, (_, i) => i))
    const heal = server().faults.refuse({ match: { channel: channel.name } })
    expect((await errorOf(channel.publish('n', 'x'))).code).toBe(42911)
    heal()
  })

  test('resumes after a drop, with what it missed', async () => {
    const client = open({ disconnectedRetryTimeout: 100 })
    const name = uniqueName()
    const channel = client.channels.get(name)
    const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
    await got.subscribed
    const { id } = client.connection
    const admit = server().faults.drop({ match: { connectionId: id! }, refuseFor: testPatience })
    const back = new Promise<Ably.ChannelStateChange>((resolve) => channel.once('attached', resolve))
    await rest().channels.get(name).publish('n', 'missed')
    admit()
    expect((await back).resumed).toBe(true)
    await got.atLeast(1)
    expect(client.connection.id).toBe(id)
    await channel.publish('n', 'later')
    await got.atLeast(2)
    expect(got.items.map(({ data }) => data as unknown)).toEqual(['missed', 'later'])
  })

  test('stays connected while nothing passes', async () => {
    const client = open()
    await connected(client)
    const states: string[] = []
    client.connection.on((change) => states.push(change.current))
    // Five signs of life, on a connection beside it: the SDK takes silence for a lost connection.
    const { stream } = transportParams
    const query = `key=${server().key}${stream ? `&stream=${stream}` : ''}`
    let beats = 0
    let path = 'connect'
    while (beats < 5) {
      const answer = await fetch(`${server().url}/comet/${path}?${query}`)
      for await (const chunk of answer.body!) {
        const text = new TextDecoder().decode(chunk)
        path = /"connectionKey":"([^"]+)"/.exec(text)?.[1]?.concat('/recv') ?? path
        if (text.includes('{"action":0}')) beats++
        if (beats === 5) break
      }
    }
    expect(states).toEqual([])
  })

  test('tells of wrong credentials, expired tokens and its end', async () => {
    const wrong = open({ key: 'local.key:wrong' })
    await wrong.connection.whenState('failed')
    expect(wrong.connection.errorReason?.code).toBe(40101)
    let tokens = 0
    const client = open({
      authCallback: (_params, done) => {
        tokens++
        rest()
          .auth.requestToken()
          .then(
            (token) => done(null, token),
            (error) => done(error as Ably.ErrorInfo, null),
          )
      },
    })
    await connected(client)
    await client.auth.authorize()
    expect(tokens).toBe(2)
    const renewed = client.connection.whenState('disconnected').then(() => connected(client))
    server().faults.expireToken({ match: { connectionId: client.connection.id! } })
    await renewed
    expect(tokens).toBe(3)
    const here = () =>
      server()
        .status()
        .connections.some(({ id }) => id === client.connection.id)
    client.close()
    await client.connection.whenState('closed')
    expect(here()).toBe(false)
  })
})

test('where WebSocket is blocked, the SDK falls back', async () => {
  const { port } = server()
  const unblock = server().faults.refuse({ on: 'upgrade' })
  const client = realtime({
    transports: ['web_socket', 'comet'] as never,
    disableConnectivityCheck: true,
    wsConnectivityCheckUrl: `ws://127.0.0.1:${port}/`,
  })
  await connected(client)
  const channel = client.channels.get(uniqueName())
  const got = collect<Ably.InboundMessage>((listener) => channel.subscribe(listener))
  await got.subscribed
  await channel.publish('n', 'by comet')
  await got.atLeast(1)
  unblock()
})

test('clients that send requests ahead of answers that never end leave nothing behind', async () => {
  const before = server().status().connections.length
  const socket = connect(server().port, '127.0.0.1')
  socket.on('error', () => {})
  const request = `GET /comet/connect?key=${server().key} HTTP/1.1\r\nHost: x\r\n\r\n`
  socket.write(request.repeat(5))
  await once(socket, 'data')
  await expect.poll(() => server().status().connections.length).toBe(before + 1)
  socket.resetAndDestroy()
  await expect
    .poll(
      () =>
        server()
          .status()
          .connections.filter(({ connected: here }) => here).length,
    )
    .toBeLessThanOrEqual(before)
})

test('a client that went away without a word is gone', async () => {
  const aborting = new AbortController()
  const answer = await fetch(`${server().url}/comet/connect?key=${server().key}&v=6`, {
    signal: aborting.signal,
  })
  const reader = answer.body!.getReader()
  const [frame] = JSON.parse(new TextDecoder().decode((await reader.read()).value)) as [
    { connectionId: string },
  ]
  const here = () =>
    server()
      .status()
      .connections.find(({ id }) => id === frame.connectionId)?.connected
  expect(here()).toBe(true)
  aborting.abort()
  await expect.poll(here).not.toBe(true)
})

test('requests for a connection that is not there are told apart from fatal ones', async () => {
  for (const path of ['recv', 'send', 'close', 'disconnect']) {
    const answer = await fetch(`${server().url}/comet/AAAAAAAAAA!AAAAAAAAAAAA/${path}?key=${server().key}`, {
      method: path === 'send' ? 'POST' : 'GET',
      ...(path === 'send' ? { body: '[]' } : {}),
    })
    expect(answer.status).toBe(400)
    expect(((await answer.json()) as { error: Ably.ErrorInfo }).error.code).toBe(80008)
  }
})

test('the connection key alone opens nothing', async () => {
  const client = realtime({ transports: ['comet'] as never })
  await connected(client)
  const answer = await fetch(`${server().url}/comet/${client.connection.key}/send?key=local.key:wrong`, {
    method: 'POST',
    body: '[{"action":7}]',
  })
  expect(answer.status).toBe(401)
  expect(client.connection.state).toBe('connected')
})
