import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startDemo } from './demo.ts'

/** Builds the pages and the tables once, with the command of the README; all test files begin with them. */
export default async function setup(): Promise<() => void> {
  const data = mkdtempSync(join(tmpdir(), 'rejoin-e2e-'))
  const demo = await startDemo({ DEMO_DATA: data })
  await demo.stop()
  process.env.DEMO_SKIP_BUILD = '1'
  process.env.E2E_TABLES = data
  return () => rmSync(data, { recursive: true, force: true })
}
