import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLocalAbly, type LocalAbly } from '../index.ts'

let server: LocalAbly
beforeAll(async () => {
  server = await startLocalAbly({ origins: ['https://app.example'] })
})
afterAll(() => server.close())

const ask = (method: string, path: string, headers: Record<string, string> = {}, body?: object) =>
  fetch(server.url + path, {
    method,
    headers: { ...(body ? { 'content-type': 'application/json' } : {}), ...headers },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })

const control: [method: string, path: string, body?: object][] = [
  ['GET', '/status'],
  ['GET', '/events'],
  ['POST', '/apps', {}],
  ['GET', '/faults'],
  ['POST', '/faults', { verb: 'drop' }],
  ['DELETE', '/faults'],
  ['DELETE', '/faults/1'],
]

const foreign = [
  'https://evil.example',
  'http://localhost.evil.example',
  'http://127.0.0.1.evil.example',
  'https://evil.example:8080',
  'null',
  'http://[',
  'not an origin',
]

test.each(control)(
  '%s %s refuses every foreign origin, and lets it read nothing',
  async (method, path, body) => {
    for (const origin of foreign) {
      const preflight = await ask('OPTIONS', path, { origin, 'access-control-request-method': method })
      expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
      const answer = await ask(method, path, { origin }, body)
      expect([origin, answer.status]).toEqual([origin, 403])
      expect(answer.headers.get('access-control-allow-origin')).toBeNull()
      expect(await answer.text()).toContain('origins')
    }
  },
)

test.each([
  'http://localhost:5173',
  'http://127.0.0.1:3000',
  'http://[::1]:80',
  'http://app.localhost',
  'https://app.example',
])('a page of %s may use them', async (origin) => {
  const answer = await ask('GET', '/status', { origin })
  expect(answer.status).toBe(200)
  expect(answer.headers.get('access-control-allow-origin')).toBe(origin)
})

// A page of evil.example whose name suddenly resolves to 127.0.0.1 is of the same origin as this server.
test('a host name that public DNS may point here is refused', async () => {
  const { request } = await import('node:http')
  const statusFor = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      request(`${server.url}/status`, { headers: { host } }, (answer) => {
        answer.resume()
        resolve(answer.statusCode)
      })
        .on('error', reject)
        .end()
    })
  expect(await statusFor('evil.example:8080')).toBe(403)
  expect(await statusFor('app.example')).toBe(200)
  expect(await statusFor('local-ably:8080')).toBe(200)
  expect(await statusFor('10.0.0.7')).toBe(200)
})

test('pages of foreign origins cannot use the default key, which anybody knows', async () => {
  const basic = `Basic ${Buffer.from(server.key).toString('base64')}`
  const read = (origin: string) => ask('GET', '/channels/c/messages', { origin, authorization: basic })
  expect((await read('https://evil.example')).status).toBe(403)
  expect((await read('http://localhost:5173')).status).toBe(200)
  expect((await read('https://app.example')).status).toBe(200)
  const own = server.createApp()
  const withOwn = {
    origin: 'https://evil.example',
    authorization: `Basic ${Buffer.from(own.key).toString('base64')}`,
  }
  expect((await ask('GET', '/channels/c/messages', withOwn)).status).toBe(200)
})

test('a pattern that came over HTTP takes linear time', async () => {
  const app = server.createApp()
  const authorization = `Basic ${Buffer.from(app.key).toString('base64')}`
  const made = await ask(
    'POST',
    '/faults',
    {},
    {
      verb: 'refuse',
      match: { channel: '/^(a|a)*$/' },
    },
  )
  expect(made.status).toBe(201)
  const publish = (channel: string) =>
    ask('POST', `/channels/${channel}/messages`, { authorization }, { name: 'x' })
  // A backtracking matcher takes 2^1000 steps.
  expect((await publish(`${'a'.repeat(1000)}b`)).status).toBe(201)
  expect((await publish('aaa')).status).toBe(429)
  await ask('DELETE', '/faults')
})

const wrong: [body: unknown, names: RegExp][] = [
  [{ verb: 'explode' }, /verb/],
  [{ verb: 'refuse', match: { channel: '/(?=a)/' } }, /match\.channel/],
  [{ verb: 'refuse', match: { channel: '/(/' } }, /match\.channel/],
  [{ verb: 'refuse', match: { channel: 7 } }, /match\.channel/],
  [{ verb: 'refuse', match: { colour: 'red' } }, /match\.colour/],
  [{ verb: 'refuse', match: 'x' }, /match/],
  [{ verb: 'refuse', on: 'everything' }, /on/],
  [{ verb: 'refuse', every: 0 }, /every/],
  [{ verb: 'refuse', nth: 'x' }, /nth/],
  [{ verb: 'refuse', error: { code: 'x' } }, /error/],
  [{ verb: 'refuse', error: 'x' }, /error/],
  [{ verb: 'delay' }, /ms/],
  [{ verb: 'delay', ms: -1 }, /ms/],
  [{ verb: 'delay', ms: 1e12 }, /ms/],
  [{ verb: 'duplicate', copies: 1e9 }, /copies/],
  [{ verb: 'restart', downFor: 1e12 }, /downFor/],
  [{ verb: 'forget' }, /channel/],
  [{ verb: 'lose', ms: 5 }, /ms/],
  [7, /number/],
  [['x'], /list/],
]

test.each(wrong)(
  'a fault asked for with %j is refused, and the answer names what is wrong',
  async (body, names) => {
    const answer = await ask('POST', '/faults', {}, body as object)
    expect(answer.status).toBe(400)
    const { error } = (await answer.json()) as { error: { message: string } }
    expect(error.message).toMatch(names)
  },
)

test('faults by HTTP do not grow without bound', async () => {
  let status = 201
  for (let i = 0; i < 1100 && status === 201; i++)
    status = (await ask('POST', '/faults', {}, { verb: 'lose', nth: 1e9 })).status
  expect(status).toBe(400)
  expect((await ask('DELETE', '/faults')).status).toBe(204)
})
