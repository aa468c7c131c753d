import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const tsc = join(import.meta.dirname, '../../../../node_modules/typescript/bin/tsc')

/**
 * Type tests: each folder is a program of its own, since a registration holds for a whole program. What the
 * compiler says is the outcome. One thread of it does less work than several; other tests run beside it.
 */
export function typeTests(folder: string): void {
  const programs = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'tsconfig.json')))
  test.each(programs)('%s', async (program) => {
    const said = await new Promise<string>((resolve) => {
      execFile(process.execPath, [tsc, '-p', join(folder, program), '--singleThreaded'], (_, stdout) =>
        resolve(stdout),
      )
    })
    expect(said).toBe('')
  })
}
