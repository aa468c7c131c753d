import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { startCommand } from '../src/check/command.ts'

test('stopping ends what the command has started, too', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  // A launcher, as npx and uv are: the agent is its child, and holds its output.
  const agent = `require('node:net').connect(${port}, '127.0.0.1')`
  const launcher = `require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(agent)}], { stdio: 'inherit' })`
  const target = { key: 'app.key:secret', url: `http://127.0.0.1:${port}` }
  const command = startCommand([process.execPath, '-e', launcher], { target, channelName: 'ai:check' })
  const [connection] = (await once(server, 'connection')) as [Socket]
  connection.on('error', () => {}).resume()
  command.stop()
  await once(connection, 'close')
  server.close()
  expect(command.output).toBe('')
})
