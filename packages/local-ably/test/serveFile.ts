import { startLocalAbly } from '../src/index.ts'

// A server in a process of its own, for tests that kill it: `serveFile.ts FILE`.
const server = await startLocalAbly({ file: process.argv[2], syncFile: true })
process.send!(server.port)
