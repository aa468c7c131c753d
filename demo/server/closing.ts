import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** Returns how to close the server with everything that is connected: Node.js itself forgets upgraded connections. */
export function closing(server: Server): () => Promise<void> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  return () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
}
