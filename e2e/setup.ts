import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../packages/postgres/test/postgresServer.ts'
import { startDemo } from './demo.ts'

/**
 * Builds the demo and its tables once, with the command of the README; and starts a PostgreSQL server for the demos that
 * test files share.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const data = mkdtempSync(join(tmpdir(), 'rejoin-e2e-'))
  const [demo, postgres] = await Promise.all([startDemo({ DEMO_DATA: data }), startPostgres()])
  await demo.stop()
  process.env.DEMO_SKIP_BUILD = '1'
  process.env.E2E_TABLES = data
  if ('createDatabase' in postgres) process.env.E2E_POSTGRES = await postgres.createDatabase()
  return async () => {
    rmSync(data, { recursive: true, force: true })
    if ('stop' in postgres) await postgres.stop()
  }
}
