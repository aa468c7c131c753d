import { once } from 'node:events'
import { createServer, get } from 'node:http'
import { connect, type AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { closing } from '../server/closing.ts'

test('a server closes with WebSockets and streams open', async () => {
  const server = createServer((_, response) => response.write('a stream of events'))
  server.on('upgrade', (_, socket) => socket.write('HTTP/1.1 101 Switching Protocols\r\n\r\n'))
  const close = closing(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const upgraded = connect(port, '127.0.0.1')
  upgraded.on('error', () => {})
  upgraded.write('GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n')
  await once(upgraded, 'data')
  const stream = get({ port, host: '127.0.0.1' })
  stream.on('error', () => {})
  const [response] = (await once(stream, 'response')) as [NodeJS.ReadableStream]
  response.on('error', () => {})
  const gone = once(upgraded, 'close')
  await close()
  await gone
  expect(server.listening).toBe(false)
})
