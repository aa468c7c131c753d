import { PGlite } from '@electric-sql/pglite'
import pg from 'pg'
import type { PostgresClient } from '../src/index.ts'
import { startPostgres, type PostgresServer } from './postgresServer.ts'

/** A database that a test has for itself. */
export interface TestDatabase {
  client: PostgresClient
  close(): Promise<void>
}

export const server = await startPostgres()

export const has = (found: PostgresServer | { unavailable: string }): found is PostgresServer =>
  'createDatabase' in found

/** What the tests run on: the embedded PGlite, and a real server where its binaries exist. */
export const databases: [name: string, skip: boolean, open: () => Promise<TestDatabase>][] = [
  ['PGlite', false, openEmbedded],
  [`PostgreSQL${has(server) ? '' : ` (skipped: ${server.unavailable})`}`, !has(server), openServer],
]

async function openEmbedded(): Promise<TestDatabase> {
  const db = await PGlite.create()
  return { client: db, close: () => db.close() }
}

async function openServer(): Promise<TestDatabase> {
  if (!has(server)) throw new Error(server.unavailable)
  const pool = new pg.Pool({ connectionString: await server.createDatabase(), max: 4 })
  // A connection that the server closed is replaced.
  pool.on('error', () => {})
  return { client: pool, close: () => pool.end() }
}

export async function stopServer(): Promise<void> {
  if (has(server)) await server.stop()
}
