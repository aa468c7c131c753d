import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startLocalAbly, type LocalAbly, type LogEvent } from './index.ts'

let server: LocalAbly
const logged: LogEvent[] = []
beforeAll(async () => {
  server = await startLocalAbly({ log: (event) => logged.push(event) })
})
afterAll(() => server.close())

/** Sends bytes as they are, and returns all that comes back until the server closes. */
async function raw(text: string): Promise<string> {
  const socket = connect(server.port, '127.0.0.1')
  let answer = ''
  socket.on('data', (data: Buffer) => (answer += data.toString('latin1')))
  socket.on('error', () => {})
  socket.write(text, 'latin1')
  socket.end()
  await once(socket, 'close')
  return answer
}

const upgrade =
  'Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n'

const targets = [
  '//',
  '///',
  '/\\',
  '//[',
  'http://',
  'http://[::1',
  '*',
  '/%',
  '/?%',
  '//?key=%ff',
  '/a b',
  '\x01',
]

test.each(targets)('a request for %j is answered, and the server goes on', async (target) => {
  const answer = await raw(`GET ${target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)
  expect(answer).toMatch(/^HTTP\/1\.1 [24]\d\d /)
  expect((await fetch(`${server.url}/time`)).status).toBe(200)
})

test.each(targets)('an upgrade to %j is answered, and the server goes on', async (target) => {
  const answer = await raw(`GET ${target} HTTP/1.1\r\n${upgrade}`)
  expect(answer).toMatch(/^HTTP\/1\.1 (101|4\d\d) /)
  expect((await fetch(`${server.url}/time`)).status).toBe(200)
})

test.each(['', '[', 'a:b', '::1', 'x:99999', 'x y', '\u00ff'])(
  'an app is made whatever Host says: %j',
  async (host) => {
    const answer = await raw(
      `POST /apps HTTP/1.1\r\nHost: ${host}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
    )
    expect(answer).toMatch(/^HTTP\/1\.1 (201|4\d\d) /)
  },
)

test('an error inside the server is logged and answered with 500, and the server goes on', async () => {
  server.faults.refuse({
    on: 'rest',
    times: 1,
    match: {
      path: () => {
        throw new Error('a bug')
      },
    },
  })
  const answer = await fetch(`${server.url}/time`)
  server.faults.clear()
  expect(answer.status).toBe(500)
  expect(((await answer.json()) as { error: { code: number } }).error.code).toBe(50000)
  expect(logged.some((event) => event.kind === 'error' && event.text?.includes('a bug'))).toBe(true)
  expect((await fetch(`${server.url}/time`)).status).toBe(200)
})

test('a log listener that throws takes nothing from anybody', async () => {
  const stop = server.log.listen(() => {
    throw new Error('a bad listener')
  })
  expect((await fetch(`${server.url}/time`)).status).toBe(200)
  stop()
})
