import { encode } from '@ably/msgpack-js'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startLocalAbly, type LocalAbly } from '../index.ts'

let server: LocalAbly

beforeAll(async () => {
  server = await startLocalAbly({ limits: { frameSize: 20_000 } })
})
afterAll(() => server.close())

interface Frame {
  action: number
  error?: { code: number; statusCode: number; message: string }
  msgSerial?: number
}

/** A raw socket: no SDK would send what we send here. */
async function connect(format: 'json' | 'msgpack' = 'json') {
  const socket = new WebSocket(`ws://127.0.0.1:${server.port}/?key=local.key:secret&format=${format}`)
  const frames: Frame[] = []
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()))
  socket.on('error', () => {})
  if (format === 'json')
    socket.on('message', (data) => frames.push(JSON.parse((data as Buffer).toString()) as Frame))
  await new Promise((resolve) => socket.once('message', resolve))
  return { socket, frames, closed }
}

/** Resolves when the server has taken everything before, or has hung up. */
function answered(socket: WebSocket, closed: Promise<void>): Promise<unknown> {
  const pong = new Promise((resolve) => socket.once('pong', resolve))
  socket.ping(undefined, undefined, () => {})
  return Promise.race([pong, closed])
}

/** The server answers a sane client, whatever the others did. */
async function isWell(): Promise<void> {
  const { socket, frames, closed } = await connect()
  socket.send(JSON.stringify({ action: 10, channel: 'sane' }))
  socket.send(
    JSON.stringify({ action: 15, channel: 'sane', msgSerial: 0, messages: [{ name: 'n', data: 'd' }] }),
  )
  while (!frames.some((frame) => frame.action === 1)) await new Promise((resolve) => setTimeout(resolve, 5))
  expect(frames.map((frame) => frame.action).sort((a, b) => a - b)).toEqual([1, 4, 11, 15])
  socket.close()
  await closed
}

test('what is no frame ends the connection with a protocol error', async () => {
  for (const garbage of [
    '',
    'x',
    '[]',
    '"text"',
    '{}',
    '{"action":"15"}',
    '{"action":15.5}',
    'null',
    '{"action":10,"channel":7}',
  ]) {
    const { socket, frames, closed } = await connect()
    socket.send(garbage)
    await closed
    expect(frames.at(-1)).toMatchObject({ action: 9, error: { code: 40000, statusCode: 400 } })
  }
  await isWell()
})

test('an oversized frame closes its socket', async () => {
  const { socket, closed } = await connect()
  socket.send(
    JSON.stringify({ action: 15, channel: 'x', msgSerial: 0, messages: [{ data: 'x'.repeat(30_000) }] }),
  )
  await closed
  await isWell()
})

test('publishes that make no sense are refused one by one', async () => {
  const { socket, frames } = await connect()
  const contents: unknown[] = [
    undefined,
    null,
    {},
    [],
    [null],
    ['text'],
    [{ data: 7 }],
    [{ data: { a: 1 } }],
    [{ name: 7 }],
    [{ extras: 'x' }],
    [{ extras: { headers: { a: { b: 1 } } } }],
    [{ action: 4 }],
    [{ action: 'update' }],
    [{ action: 5, data: 'x' }],
    [{ id: 'a:0' }, { id: 'b:1' }],
    [{ clientId: '*' }],
  ]
  for (const [msgSerial, messages] of contents.entries())
    socket.send(JSON.stringify({ action: 15, channel: 'c', msgSerial, messages }))
  socket.send(
    JSON.stringify({ action: 15, channel: 'c', msgSerial: contents.length, messages: [{ data: 'fine' }] }),
  )
  while (!frames.some((frame) => frame.action === 1)) await new Promise((resolve) => setTimeout(resolve, 5))
  const answers = frames.slice(1)
  expect(answers.map((frame) => frame.action)).toEqual([...contents.map(() => 2), 1])
  for (const { error } of answers.slice(0, -1)) {
    expect(error).toMatchObject({
      code: expect.any(Number) as number,
      statusCode: expect.any(Number) as number,
      message: expect.any(String) as string,
    })
    expect(error!.code).not.toBe(50000)
  }
  socket.close()
})

test('any frame at all leaves the server well', async () => {
  const text = fc.oneof(
    fc.constantFrom('', 'c', '[?rewind=1]c', '__proto__', 'constructor', '\n'),
    fc.string(),
  )
  const frame = fc.record(
    {
      action: fc.oneof(fc.integer({ min: -1, max: 25 }), fc.anything()),
      channel: fc.oneof(text, fc.jsonValue()),
      channelSerial: fc.oneof(text, fc.jsonValue()),
      msgSerial: fc.oneof(fc.integer(), fc.jsonValue()),
      flags: fc.oneof(fc.integer(), fc.jsonValue()),
      id: fc.oneof(text, fc.jsonValue()),
      params: fc.oneof(
        fc.dictionary(fc.constantFrom('rewind', 'modes', 'delta', 'appendMode'), fc.jsonValue()),
        fc.jsonValue(),
      ),
      auth: fc.oneof(fc.record({ accessToken: fc.oneof(text, fc.jsonValue()) }), fc.jsonValue()),
      messages: fc.oneof(
        fc.array(
          fc.record(
            {
              name: fc.jsonValue(),
              data: fc.jsonValue(),
              encoding: fc.jsonValue(),
              action: fc.integer({ min: -1, max: 6 }),
              serial: fc.jsonValue(),
              extras: fc.jsonValue(),
              version: fc.jsonValue(),
              id: fc.jsonValue(),
            },
            { requiredKeys: [] },
          ),
          { maxLength: 3 },
        ),
        fc.jsonValue(),
      ),
      presence: fc.oneof(
        fc.array(
          fc.record(
            { action: fc.integer({ min: 0, max: 5 }), clientId: fc.jsonValue(), data: fc.jsonValue() },
            { requiredKeys: [] },
          ),
          { maxLength: 3 },
        ),
        fc.jsonValue(),
      ),
      annotations: fc.oneof(
        fc.array(
          fc.dictionary(fc.constantFrom('type', 'name', 'count', 'action', 'messageSerial'), fc.jsonValue()),
          { maxLength: 3 },
        ),
        fc.jsonValue(),
      ),
    },
    { requiredKeys: ['action'] },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(frame, { minLength: 1, maxLength: 8 }),
      fc.constantFrom('json' as const, 'msgpack' as const),
      async (frames, format) => {
        const { socket, frames: answers, closed } = await connect(format)
        for (const one of frames) {
          try {
            socket.send(format === 'json' ? JSON.stringify(one) : encode(one, true))
          } catch {
            // Not everything can be encoded; what cannot is not sent.
          }
        }
        await answered(socket, closed)
        expect(answers.filter((answer) => answer.error?.code === 50000)).toEqual([])
        socket.terminate()
      },
    ),
    { numRuns: 300 },
  )
  await isWell()
})

test('any bytes at all, as msgpack', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
      const { socket, closed } = await connect('msgpack')
      socket.send(bytes)
      await answered(socket, closed)
      socket.terminate()
    }),
    { numRuns: 100 },
  )
  await isWell()
})

test('requests that make no sense get errors in the form that SDKs read', async () => {
  const authorization = `Basic ${Buffer.from('local.key:secret').toString('base64')}`
  const ask = (path: string, init: RequestInit = {}) =>
    fetch(`${server.url}${path}`, { ...init, headers: { authorization, 'content-type': 'application/json' } })
  const answers = await Promise.all([
    ask('/nowhere'),
    ask('/channels/%E0%A4%A/messages'),
    ask('/channels/c/messages', { method: 'POST', body: '{' }),
    ask('/channels/c/messages', { method: 'POST', body: '[]' }),
    ask('/channels/c/messages', { method: 'POST', body: '7' }),
    ask('/channels/c/messages?limit=nan'),
    ask('/channels/c/messages?direction=sideways'),
    ask('/channels/c/messages/none'),
    ask('/stats?start=99999999999999999999'),
    ask('/stats?end=9007199254740993'),
    ask('/channels/c/messages', { method: 'POST', body: `"${'x'.repeat(30_000)}"` }),
    ask('/keys/local.key/requestToken', { method: 'POST', body: '[]' }),
  ])
  for (const answer of answers) {
    expect(answer.status).toBeGreaterThanOrEqual(400)
    expect(answer.status).toBeLessThan(500)
    expect(answer.headers.get('content-type')).toBe('application/json')
    const { error } = (await answer.json()) as { error: { code: number } }
    expect(answer.headers.get('x-ably-errorcode')).toBe(String(error.code))
  }
  await isWell()
})
