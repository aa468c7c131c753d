import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readJson, Router } from '../server/http.ts'
import { Limits } from '../server/limits.ts'
import { Problem } from '../server/problem.ts'

let server: Server
let url = ''

beforeAll(async () => {
  const router = new Router()
    .on('GET', '/api/things/:id', ({ params }) => params)
    .on('POST', '/api/things', ({ request }) => readJson(request))
    .on('GET', '/api/broken', () => {
      throw new Error('the password is geheim')
    })
    .on('GET', '/api/outage', () => {
      throw Object.assign(new Error('terminating connection to geheim'), { code: '57P01' })
    })
    .on('GET', '/api/unstorable', () => {
      throw Object.assign(new Error('invalid byte sequence: geheim'), { code: '22021' })
    })
    .on('GET', '/api/refused', () => {
      throw new Problem('unable to; no', { status: 409, code: 'no' })
    })
  server = createServer(
    (request, response) => void router.handle(request, response, new URL(request.url!, 'http://x')),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(() => void server.close())

const post = (body: string, headers: Record<string, string> = {}) =>
  fetch(`${url}/api/things`, { method: 'POST', body, headers })

test('a path names its parts', async () => {
  expect(await (await fetch(`${url}/api/things/a-1`)).json()).toEqual({ id: 'a-1' })
  expect((await fetch(`${url}/api/things/..%2f`)).status).toBe(404)
})

test('a wrong method is told which one would do', async () => {
  const response = await fetch(`${url}/api/things`, { method: 'DELETE' })
  expect(response.status).toBe(405)
  expect(await response.text()).toContain('use POST')
})

test('bodies that are no JSON object, or too large, are refused', async () => {
  expect((await post('nonsense')).status).toBe(400)
  expect((await post('[1]')).status).toBe(400)
  expect((await post(`{"a":"${'x'.repeat(70_000)}"}`)).status).toBe(413)
  expect((await post('{"a":1}')).status).toBe(200)
})

test('another site may not post', async () => {
  expect((await post('{}', { origin: 'http://evil.example' })).status).toBe(403)
  expect((await post('{}', { origin: url })).status).toBe(200)
})

test('what went wrong inside stays inside; what a person can do is said', async () => {
  for (const [path, status] of [
    ['broken', 500],
    ['outage', 503],
    ['unstorable', 400],
  ] as const) {
    const response = await fetch(`${url}/api/${path}`)
    expect([path, response.status]).toEqual([path, status])
    expect(await response.text()).not.toContain('geheim')
  }
  const refused = await fetch(`${url}/api/refused`)
  expect([refused.status, await refused.json()]).toEqual([
    409,
    { error: { code: 'no', message: 'unable to; no' } },
  ])
})

test('a flood is stopped, others are not', () => {
  const limits = new Limits()
  for (let count = 0; count < 5; count++) limits.take('a', 5)
  expect(() => limits.take('a', 5)).toThrow(/wait a minute/)
  limits.take('b', 5)
})
