import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const file = fileURLToPath(new URL('../server/lastResort.ts', import.meta.url))

test('what nothing handled is logged in a line, and the process goes on', () => {
  const script = `
    import { keepRunning } from ${JSON.stringify(file)}
    keepRunning()
    setTimeout(() => { throw new TypeError('thrown') })
    void Promise.reject(new Error('rejected'))
    setTimeout(() => console.log('still here'), 20)
  `
  const args = [
    '--conditions=@rejoin/source',
    '--import',
    import.meta.resolve('tsx'),
    '--input-type=module',
    '-e',
    script,
  ]
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  expect(stderr).toContain('thrown')
  expect(stderr).toContain('rejected')
  expect(stderr).not.toMatch(/^\s+at /m)
  expect([status, stdout]).toEqual([0, 'still here\n'])
})
