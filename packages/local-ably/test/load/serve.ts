import { WebSocket, WebSocketServer } from 'ws'
import type { AddressInfo } from 'node:net'
import { startLocalAbly } from '../../src/index.ts'

// The server under load, in a process of its own: local-ably, or the floor, a bare `ws` server that sends what it gets
// to the sender (echo) or to all others (broadcast).

const unlimited = { connectionRate: Infinity, connectionBytes: Infinity, channelRate: Infinity }

async function start(kind: string): Promise<number> {
  if (kind === 'local') return (await startLocalAbly({ limits: unlimited })).port
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => {
      if (kind === 'echo') socket.send(data, { binary: isBinary })
      else
        for (const one of server.clients)
          if (one !== socket && one.readyState === WebSocket.OPEN) one.send(data, { binary: isBinary })
    })
  })
  await new Promise((resolve) => server.once('listening', resolve))
  return (server.address() as AddressInfo).port
}

process.on('message', (ask) => {
  if (ask !== 'measure') return
  globalThis.gc?.()
  globalThis.gc?.()
  const { user, system } = process.cpuUsage()
  // What is reachable, not what the process holds: the latter moves by megabytes on its own.
  const { heapUsed, external } = process.memoryUsage()
  process.send!({ memory: heapUsed + external, cpu: (user + system) / 1000 })
})

process.send!({ port: await start(process.argv[2] ?? 'local') })
