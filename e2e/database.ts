import { randomBytes } from 'node:crypto'
import pg from 'pg'

/**
 * The address of a new database on the PostgreSQL server of the tests. Undefined where there is no server: the demo then
 * uses PGlite, which takes more time.
 */
export async function newDatabase(): Promise<string | undefined> {
  const { E2E_POSTGRES: server } = process.env
  if (!server) return undefined
  const client = new pg.Client({ connectionString: server })
  await client.connect()
  const name = `d${randomBytes(6).toString('hex')}`
  await client.query(`create database ${name}`)
  await client.end()
  return new URL(`/${name}`, server).href
}
