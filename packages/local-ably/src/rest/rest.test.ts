import { describe, expect, test } from 'vitest'
import { connected, formats, uniqueName, useServer } from '../../test/clients.ts'
import { readArguments } from '../cliArguments.ts'
import { logLine } from '../logLine.ts'
import type { LogEvent } from '../log.ts'

const events: LogEvent[] = []
const { realtime, rest, server } = useServer({ log: (event) => events.push(event) })

const authorization = `Basic ${Buffer.from('local.key:secret').toString('base64')}`
const ask = (path: string, init: RequestInit = {}) =>
  fetch(`${server().url}${path}`, {
    ...init,
    headers: { authorization, ...(init.headers as Record<string, string>) },
  })

describe.each(formats)('REST over $format', ({ useBinaryProtocol }) => {
  test('time, status, request', async () => {
    const client = rest({ useBinaryProtocol })
    expect(Math.abs((await client.time()) - Date.now())).toBeLessThan(5000)
    const raw = await client.request('get', '/time', 6)
    expect(raw).toMatchObject({ statusCode: 200, success: true })
    expect(raw.items).toHaveLength(1)
    const name = uniqueName()
    await realtime({ useBinaryProtocol, clientId: 'x' }).channels.get(name).presence.enter()
    const status = await client.channels.get(name).status()
    expect(status).toMatchObject({ channelId: name, status: { isActive: true } })
    expect(status.status.occupancy.metrics).toMatchObject({
      connections: 1,
      presenceMembers: 1,
      publishers: 1,
      subscribers: 1,
    })
    const missing = await client.request('get', '/nowhere', 6)
    expect(missing).toMatchObject({ statusCode: 404, success: false, errorCode: 40400 })
  })

  test('a publish on behalf of a connection is its own', async () => {
    const name = uniqueName()
    const client = realtime({ useBinaryProtocol, clientId: 'bob' })
    await connected(client)
    const channel = rest({ useBinaryProtocol }).channels.get(name)
    await channel.publish({ name: 'n', data: 'x', connectionKey: client.connection.key! } as object)
    const { items } = await channel.history()
    expect(items[0]).toMatchObject({ connectionId: client.connection.id, clientId: 'bob' })
    const refused = await client.channels
      .get(name)
      .history()
      .then(() => channel.publish({ data: 'x', connectionKey: 'no!key' } as object))
      .catch((error: { code: number }) => error)
    expect(refused).toMatchObject({ code: 40006 })
  })
})

test('browsers: preflight, named origin, envelope', async () => {
  const origin = 'http://localhost:5173'
  const preflight = await fetch(`${server().url}/channels/x/messages`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'x-ably-version,authorization',
    },
  })
  expect(preflight.status).toBe(204)
  expect(preflight.headers.get('access-control-allow-origin')).toBe(origin)
  expect(preflight.headers.get('access-control-allow-headers')).toBe('x-ably-version,authorization')
  const answer = await ask('/channels/x/messages?limit=1', { headers: { origin } })
  expect(answer.headers.get('access-control-expose-headers')).toContain('Link')
  expect(answer.headers.get('access-control-allow-credentials')).toBe('true')
  const wrapped = await ask('/channels/x/messages/none?envelope=json')
  expect(wrapped.status).toBe(200)
  expect(await wrapped.json()).toMatchObject({ statusCode: 404, response: { error: { code: 40400 } } })
})

test('faults over HTTP', async () => {
  const headers = { 'content-type': 'application/json' }
  const name = uniqueName()
  const made = await ask('/faults', {
    method: 'POST',
    headers,
    body: JSON.stringify({ verb: 'refuse', match: { channel: name, name: '/^tok/' }, error: 42913 }),
  })
  expect(made.status).toBe(201)
  const { id } = (await made.json()) as { id: string }
  const channel = rest().channels.get(name)
  await expect(channel.publish('token', 'x')).rejects.toMatchObject({ code: 42913 })
  await channel.publish('other', 'x')
  expect(await (await ask('/faults')).json()).toMatchObject([{ id, verb: 'refuse' }])
  expect((await ask(`/faults/${id}`, { method: 'DELETE' })).status).toBe(204)
  await channel.publish('token', 'x')
  expect((await ask('/faults', { method: 'POST', headers, body: '{"verb":"explode"}' })).status).toBe(400)
  await ask('/faults', { method: 'DELETE' })
})

test('the page, what it shows, and what passes', async () => {
  const page = await fetch(`${server().url}/`)
  expect(page.headers.get('content-type')).toContain('text/html')
  expect(await page.text()).toContain('<title>local-ably</title>')
  const name = uniqueName()
  const client = realtime({ clientId: 'watched' })
  await client.channels.get(name).attach()
  const status = (await (await fetch(`${server().url}/status`)).json()) as {
    channels: object[]
    connections: object[]
  }
  expect(status.channels).toContainEqual({ app: 'local', name, subscribers: 1, messages: 0, members: [] })
  expect(status.connections).toContainEqual(
    expect.objectContaining({ clientId: 'watched', channels: [name] }),
  )
  const stream = await fetch(`${server().url}/events`)
  const reader = stream.body!.pipeThrough(new TextDecoderStream()).getReader()
  await reader.read()
  await client.channels.get(name).publish('hello', 'world')
  const { value } = await reader.read()
  expect(value).toContain('MESSAGE')
  expect(value).toContain('hello')
  await reader.cancel()
  const published = events.find(
    (event) => event.channel === name && event.text === 'MESSAGE' && event.kind === 'in',
  )!
  expect(logLine(published)).toMatch(
    /^\d\d:\d\d:\d\d\.\d{3} → watched@\w{6} MESSAGE \S+ #0 create hello "world"$/,
  )
})

test('the command line', () => {
  expect(readArguments([])).toMatchObject({ port: 8080, verbose: false })
  expect(
    readArguments([
      '--port',
      '0',
      '--verbose',
      '--key',
      'a.b:c',
      '--namespace',
      'ai:persisted:mutable',
      '--limits',
      '--rollup',
      '40',
      '--file',
      'x.jsonl',
      '--sync',
      '--repair',
      '--origin',
      'https://app.example',
      '--webhook',
      'http://x/',
      '--webhook',
      '{"url":"http://y/","channelFilter":"^wake:"}',
    ]),
  ).toMatchObject({
    port: 0,
    verbose: true,
    keys: ['a.b:c'],
    namespaces: [{ id: 'ai', persisted: true, mutableMessages: true }],
    limits: { connectionRate: 50, channelRate: 50 },
    appendRollupWindow: 40,
    file: 'x.jsonl',
    syncFile: true,
    repairFile: true,
    origins: ['https://app.example'],
    webhooks: [{ url: 'http://x/' }, { url: 'http://y/', channelFilter: '^wake:' }],
  })
  expect(() => readArguments(['--port', 'x'])).toThrow('unable to listen on port x')
  expect(() => readArguments(['--namespace', 'a:b'])).toThrow('unable to read the rule')
  expect(() => readArguments(['--webhook', '{'])).toThrow('unable to read the webhook rule')
})
