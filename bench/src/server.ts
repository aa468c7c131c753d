// A server in a process of its own: its memory and CPU must not count for what is measured.
import { startLocalAbly } from '@rejoin/local-ably'

// A host of 1,000 conversations needs as many channels, which Ably allows on request.
const server = await startLocalAbly({ limits: { channelsPerConnection: 2000 } })
process.send!(server.clientOptions)
process.on('disconnect', () => process.exit())
