import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'

test('a process that has loaded PostgreSQL ends with the code that it was given', () => {
  const file = join(import.meta.dirname, 'embeddedPostgres.ts')
  const script = `
    import { embeddedPostgres } from ${JSON.stringify(file)}
    await embeddedPostgres()
    process.exitCode = 3
  `
  const args = ['--import', import.meta.resolve('tsx'), '--input-type=module', '--eval', script]
  const { status, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect({ status, stderr }).toEqual({ status: 3, stderr: '' })
})
