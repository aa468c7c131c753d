import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startPostgres } from '../packages/postgres/test/postgresServer.ts'
import { startDemo } from './demo.ts'

/**
 * Builds the demo and its tables once, with the command of the README; and starts a PostgreSQL server for the demos that
 * test files share.
 */
export default async function setup(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), 'rejoin-e2e-'))
  const [tables, temporary] = [join(folder, 'tables'), join(folder, 'tmp')]
  mkdirSync(temporary)
  const [demo, postgres] = await Promise.all([startDemo({ DEMO_DATA: tables }), startPostgres()])
  await demo.stop()
  process.env.DEMO_SKIP_BUILD = '1'
  process.env.E2E_TABLES = tables
  process.env.E2E_TEMPORARY = temporary
  if ('createDatabase' in postgres) process.env.E2E_POSTGRES = await postgres.createDatabase()
  return async () => {
    rmSync(folder, { recursive: true, force: true })
    if ('stop' in postgres) await postgres.stop()
  }
}
