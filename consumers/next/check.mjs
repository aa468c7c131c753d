import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createSession, fetchWake, history } from '@rejoin/core'
import { startLocalAbly } from '@rejoin/local-ably'
import { Realtime } from 'ably'

const shared = (name) => import(pathToFileURL(join(process.env.REJOIN_ROOT, 'scripts', name)).href)
const { checkPage } = await shared('servedPage.mjs')
const { checkRowsPage } = await shared('hydratedPage.mjs')
const { checkMidAnswer } = await shared('midAnswer.mjs')
const { freePort, reachable, startProgram } = await shared('programs.mjs')

const serve = ['node_modules/next/dist/bin/next', 'start']
await checkPage(serve, '<p>Ask away</p>')

await checkRowsPage({ Realtime, startLocalAbly }, serve)

const port = await freePort()
const url = `http://127.0.0.1:${port}`
await checkMidAnswer(
  { Realtime, createSession, history, startLocalAbly },
  {
    start: (env) => startProgram([...serve, '-p', String(port)], env, (signal) => reachable(url, signal)),
    wake: fetchWake(`${url}/api/chat`),
  },
)
process.exit()
