// A durable engine: Restate calls the service again after it was killed, and knows each prompt by its id.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createSession, fetchWake, history } from '@rejoin/core'
import { startLocalAbly } from '@rejoin/local-ably'
import { Realtime } from 'ably'

const shared = (name) => import(pathToFileURL(join(process.env.REJOIN_ROOT, 'scripts', name)).href)
const { checkMidAnswer } = await shared('midAnswer.mjs')
const { freePort, reachable, startProgram } = await shared('programs.mjs')

const [service, ingress, admin, node] = [
  await freePort(),
  await freePort(),
  await freePort(),
  await freePort(),
]
const folder = mkdtempSync(join(tmpdir(), 'rejoin-restate-'))
const server = spawn('node_modules/.bin/restate-server', ['--no-logo'], {
  env: {
    ...process.env,
    RESTATE_BASE_DIR: folder,
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_IP: '127.0.0.1',
    RESTATE_BIND_PORT: String(node),
    RESTATE_INGRESS__BIND_PORT: String(ingress),
    RESTATE_ADMIN__BIND_PORT: String(admin),
    RESTATE_DEFAULT_NUM_PARTITIONS: '1',
    RESTATE_ROCKSDB_TOTAL_MEMORY_SIZE: '128 MiB',
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_LOG_FILTER: 'error',
    DO_NOT_TRACK: '1',
  },
  stdio: 'inherit',
  detached: true,
})
const gone = once(server, 'exit').then(
  () => 'it ended',
  (error) => error.message,
)
let registered = false
try {
  const why = await Promise.race([reachable(`http://127.0.0.1:${admin}/health`), gone])
  if (why === undefined)
    await checkMidAnswer({ Realtime, createSession, history, startLocalAbly }, { start, wake: wake() })
  else console.log(`seen: nothing: Restate's server cannot be had here (${why})`)
} finally {
  // The command and the server that it starts.
  if (server.pid && server.exitCode === null) process.kill(-server.pid, 'SIGKILL')
  await gone
  rmSync(folder, { recursive: true, force: true })
}
process.exit()

async function start(env) {
  const program = await startProgram(['service.mjs'], { ...env, PORT: String(service) })
  if (registered) return program
  const response = await fetch(`http://127.0.0.1:${admin}/deployments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ uri: `http://127.0.0.1:${service}` }),
  })
  if (!response.ok) throw new Error(`unable to register the service; ${await response.text()}`)
  registered = true
  return program
}

function wake() {
  const headers = ({ promptId }) => ({ headers: { 'idempotency-key': promptId } })
  return fetchWake(`http://127.0.0.1:${ingress}/chat/answer/send`, headers)
}
