// A server in a process of its own, that tells how much CPU it took: local-ably, or a bare `ws` server that sends what
// one client sends to all others.
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { startLocalAbly } from '@rejoin/local-ably'

export interface Socket {
  on(event: 'open', listener: () => void): void
  on(event: 'message', listener: (data: Buffer) => void): void
  send(data: string | Buffer, options?: { binary: boolean }): void
  terminate(): void
}

interface Ws {
  new (url: string): Socket
  WebSocketServer: new (options: { port: number; perMessageDeflate: boolean }) => {
    clients: Set<Socket>
    address(): AddressInfo
    on(event: 'listening' | 'connection', listener: (socket: Socket) => void): void
  }
}

/** The library that local-ably is built on. */
export const ws = createRequire(createRequire(import.meta.url).resolve('@rejoin/local-ably'))('ws') as Ws

if (process.send) {
  if (process.argv[2] === 'ably') {
    const { clientOptions } = await startLocalAbly({ port: 0 })
    process.send(clientOptions)
  } else {
    const server = new ws.WebSocketServer({ port: 0, perMessageDeflate: false })
    server.on('connection', (socket) =>
      socket.on('message', (data) => {
        for (const client of server.clients) if (client !== socket) client.send(data, { binary: false })
      }),
    )
    server.on('listening', () => process.send!({ port: server.address().port }))
  }
  process.on('message', () => process.send!(process.cpuUsage()))
  process.on('disconnect', () => process.exit())
}
