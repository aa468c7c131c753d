import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createSession, fetchWake, history } from '@rejoin/core'
import { startLocalAbly } from '@rejoin/local-ably'
import { Realtime } from 'ably'

const shared = (name) => import(pathToFileURL(join(process.env.REJOIN_ROOT, 'scripts', name)).href)
const { checkMidAnswer } = await shared('midAnswer.mjs')
const { freePort, startProgram } = await shared('programs.mjs')
const port = await freePort()
await checkMidAnswer(
  { Realtime, createSession, history, startLocalAbly },
  {
    start: (env) => startProgram(['server.mjs'], { ...env, PORT: String(port) }),
    wake: fetchWake(`http://127.0.0.1:${port}/api/chat`),
  },
)
process.exit()
