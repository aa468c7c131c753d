// A server in a process of its own: what it holds is not to weigh on who is measured.
import { startLocalAbly } from '@rejoin/local-ably'

const server = await startLocalAbly()
process.send!(server.clientOptions)
process.on('disconnect', () => process.exit())
