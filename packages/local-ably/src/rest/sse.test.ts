import * as Ably from 'ably'
import { describe, expect, test } from 'vitest'
import { uniqueName, useServer } from '../../test/clients.ts'

const { server, rest } = useServer({ maxIdleInterval: 300 })

interface Event {
  id?: string
  event?: string
  data?: string
}

/** Reads a stream of events, in either form. */
async function open(path: string, query: Record<string, string>, headers: Record<string, string> = {}) {
  const aborting = new AbortController()
  const address = `${server().url}${path}?${new URLSearchParams({ v: '1.2', key: server().key, ...query }).toString()}`
  const answer = await fetch(address, { headers, signal: aborting.signal })
  const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  const until = async (end: string): Promise<string | undefined> => {
    while (!text.includes(end)) {
      const { done, value } = await reader.read()
      if (done) return undefined
      text += value
    }
    const at = text.indexOf(end)
    const part = text.slice(0, at)
    text = text.slice(at + end.length)
    return part
  }
  // Signs of life come when they like.
  const isBeat = ({ event }: Event) => event === ':keepalive' || event === 'heartbeat'
  const next = async (wanted = (event: Event) => !isBeat(event)): Promise<Event | undefined> => {
    const part = await until('\n\n')
    if (part === undefined) return undefined
    const event: Record<string, string> = {}
    for (const line of part.split('\n')) {
      const [, field, value] = /^(\w*): ?(.*)$/.exec(line) ?? []
      if (field) event[field] = field in event ? `${event[field]}\n${value}` : value!
      else if (field === '') event.event = `:${value}`
    }
    return wanted(event) ? event : next(wanted)
  }
  const beat = () => next(isBeat)
  return { answer, next: () => next(), beat, line: () => until('\n'), close: () => aborting.abort() }
}

test('each message is an event, in its envelope, with an id', async () => {
  const name = uniqueName()
  const stream = await open('/sse', { channels: name })
  expect(stream.answer.headers.get('content-type')).toBe('text/event-stream')
  await rest({ clientId: 'ann' }).channels.get(name).publish('greeting', { hello: 'world' })
  const { id, event, data } = (await stream.next())!
  expect([event, typeof id]).toEqual(['message', 'string'])
  expect(JSON.parse(data!)).toMatchObject({
    name: 'greeting',
    channel: name,
    clientId: 'ann',
    data: '{"hello":"world"}',
    encoding: 'json',
    id: expect.any(String) as string,
    timestamp: expect.any(Number) as number,
  })
  const [message] = await Ably.Realtime.Message.fromEncodedArray([JSON.parse(data!)])
  expect(message!.data).toEqual({ hello: 'world' })
  stream.close()
})

test('without an envelope the data is the payload, line by line, bytes in base64', async () => {
  const name = uniqueName()
  const stream = await open(
    '/event-stream',
    { channel: name, enveloped: 'false' },
    { accept: 'text/event-stream' },
  )
  const channel = rest().channels.get(name)
  await channel.publish('n', 'two\nlines')
  await channel.publish('n', Buffer.from([1, 2, 3]))
  expect(await stream.next()).toMatchObject({ event: 'message', data: 'two\nlines' })
  expect(await stream.next()).toMatchObject({ event: 'message', data: 'AQID' })
  stream.close()
})

test('a plain stream has an object a line', async () => {
  const name = uniqueName()
  const stream = await open('/event-stream', { channels: name })
  await rest().channels.get(name).publish('n', 'x')
  let text = await stream.line()
  // Signs of life are empty lines.
  while (text === '') text = await stream.line()
  const line = JSON.parse(text!) as { id: string; event: string; data: { data: string } }
  expect(line).toMatchObject({
    event: 'message',
    id: expect.any(String) as string,
    data: { data: 'x', channel: name },
  })
  expect(await stream.line()).toBe('')
  stream.close()
})

test('resumes after an event, on every channel, by query or by header', async () => {
  const [one, two] = [uniqueName(), uniqueName()]
  const first = await open('/sse', { channels: `${one},${two}` })
  const publish = (name: string, data: string) => rest().channels.get(name).publish('n', data)
  await publish(one, '1')
  const { id } = (await first.next())!
  first.close()
  await publish(two, '2')
  await publish(one, '3')
  const data = async (stream: Awaited<ReturnType<typeof open>>) =>
    (JSON.parse((await stream.next())!.data!) as { data: string }).data
  for (const [query, headers] of [
    [{ lastEvent: id! }, {}],
    [{}, { 'last-event-id': id! }],
  ] as const) {
    const again = await open('/sse', { channels: `${one},${two}`, rewind: '10', ...query }, headers)
    expect([await data(again), await data(again)].sort()).toEqual(['2', '3'])
    again.close()
  }
  const anew = await open('/sse', { channels: one, rewind: '1' })
  expect(await data(anew)).toBe('3')
  anew.close()
  const qualified = await open('/sse', { channels: `[?rewind=1]${one}` })
  await publish(one, '4')
  expect(await data(qualified)).toBe('3')
  qualified.close()
  const lost = await open('/sse', { channels: one, lastEvent: 'nonsense' })
  expect(await lost.next()).toMatchObject({
    event: 'error',
    data: expect.stringContaining('90003') as string,
  })
  lost.close()
})

test('presence, heartbeats and keepalive', async () => {
  const name = uniqueName()
  const client = new Ably.Realtime({ ...server().clientOptions, clientId: 'ann', logLevel: 0 })
  await client.channels.get(name).presence.enter('here')
  const stream = await open('/sse', { channels: name, heartbeats: 'true' })
  expect(await stream.next()).toMatchObject({
    event: 'presence',
    data: expect.stringContaining('"ann"') as string,
  })
  expect(await stream.beat()).toMatchObject({ event: 'heartbeat' })
  stream.close()
  const quiet = await open('/sse', { channels: uniqueName() })
  expect(await quiet.beat()).toMatchObject({ event: ':keepalive' })
  quiet.close()
  client.close()
})

describe('refusals', () => {
  test.each([
    [{ key: 'local.key:wrong', channels: 'c' }, 401, 40101],
    [{ channels: '' }, 400, 40000],
    [{ channels: ':c' }, 400, 40010],
    [{ channels: 'c', rewind: 'far' }, 400, 40000],
  ])('%j', async (query, status, code) => {
    const answer = await fetch(
      `${server().url}/sse?${new URLSearchParams({ v: '1.2', key: server().key, ...query }).toString()}`,
    )
    expect([answer.status, ((await answer.json()) as { error: Ably.ErrorInfo }).error.code]).toEqual([
      status,
      code,
    ])
  })

  test('what the capability does not allow', async () => {
    const token = await rest().auth.requestToken({ capability: { other: ['subscribe'] } })
    const answer = await fetch(`${server().url}/sse?v=1.2&channels=c&accessToken=${token.token}`)
    expect(answer.status).toBe(401)
  })

  test('a token that ends is an error event, and the end', async () => {
    const { token } = await rest().auth.requestToken({ clientId: 'guest' })
    const stream = await open('/sse', { channels: uniqueName(), key: '', accessToken: token })
    server().faults.expireToken({ match: { clientId: 'guest' } })
    expect(await stream.next()).toMatchObject({
      event: 'error',
      data: expect.stringContaining('40142') as string,
    })
    expect(await stream.next()).toBeUndefined()
  })

  test('a reader that goes leaves nothing behind', async () => {
    const name = uniqueName()
    const stream = await open('/sse', { channels: name })
    const listening = () =>
      server()
        .status()
        .connections.some(({ channels }) => channels.includes(name))
    expect(listening()).toBe(true)
    stream.close()
    await expect.poll(listening).toBe(false)
  })
})
