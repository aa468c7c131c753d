import fc from 'fast-check'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { createFront } from '../server/front.ts'
import { Gateway } from '../server/gateway.ts'
import { readJson, Router } from '../server/http.ts'
import { Limits } from '../server/limits.ts'
import { Lines } from '../server/lines.ts'
import { Pages } from '../server/pages.ts'
import { request, send } from './hostile.ts'

let local: LocalAbly
let server: Server
let port = 0
const folder = mkdtempSync(join(tmpdir(), 'rejoin-front-'))
const uncaught: unknown[] = []
const note = (error: unknown) => uncaught.push(error)

beforeAll(async () => {
  local = await startLocalAbly()
  mkdirSync(join(folder, 'react'))
  writeFileSync(join(folder, 'react', 'index.html'), 'a page')
  const api = new Router()
    .on('GET', '/api/config', () => ({ embedded: true }))
    .on('POST', '/api/session', ({ request: incoming }) => readJson(incoming))
  const gateway = new Gateway({
    target: () => ({ host: '127.0.0.1', port: local.port }),
    lines: new Lines(),
    limits: new Limits(),
    personOf: (_, token) => token ?? '',
  })
  server = createFront({ api, gateway, pages: new Pages(folder, []) })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
  // Vitest's own listeners would fail the run without saying which input it was.
  process.on('uncaughtException', note)
  process.on('unhandledRejection', note)
})

beforeEach(() => void uncaught.splice(0))

afterAll(async () => {
  process.off('uncaughtException', note)
  process.off('unhandledRejection', note)
  server.closeAllConnections()
  server.close()
  await local.close()
  rmSync(folder, { recursive: true, force: true })
})

const upgrading =
  'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n'

test.each(['//', '///', '//x:y', '/\\', '/%', '/%00', '*', 'http://', 'http://x/', '/channels/\x7f'])(
  'no request line ends the server: %s',
  async (path) => {
    const answer = await send(port, `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
    expect(answer).toMatch(/^HTTP\/1\.1 [2345]\d\d /)
    await send(port, `GET ${path} HTTP/1.1\r\nHost: x\r\n${upgrading}\r\n`, true)
    expect(uncaught).toEqual([])
  },
)

test('a page that has not changed is not sent again', async () => {
  const page = `http://127.0.0.1:${port}/react/`
  const first = await fetch(page)
  expect(await first.text()).toBe('a page')
  const headers = { 'if-none-match': first.headers.get('etag')! }
  expect((await fetch(page, { headers })).status).toBe(304)
  writeFileSync(join(folder, 'react', 'index.html'), 'another page')
  const later = await fetch(page, { headers })
  expect([later.status, await later.text()]).toEqual([200, 'another page'])
})

test('what only proxies write is refused with the reason', async () => {
  const answer = await send(port, 'GET http://x/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  expect(answer).toMatch(/^HTTP\/1\.1 400 /)
  expect(answer).toContain('unable to read this address')
})

// FUZZ_RUNS=1000000 for a long run with new inputs.
test('whatever is sent, the server goes on', async () => {
  const runs = Number(process.env.FUZZ_RUNS ?? 400)
  const seed = process.env.FUZZ_RUNS ? Date.now() : 7
  const property = fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async (requests) => {
    await send(port, requests.join(''), true)
    if (uncaught.length > 0) throw uncaught[0]
  })
  await fc.assert(property, { numRuns: runs, seed })
  const answer = await send(port, 'GET /api/config HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')
  expect(answer).toContain('{"embedded":true}')
}, 3_600_000)
