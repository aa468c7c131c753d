// Runs the property tests once per deliberate bug (packages/core/test/mutants.ts). Every one must be caught.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

const source = readFileSync(new URL('../packages/core/test/mutants.ts', import.meta.url), 'utf8')
const names = [...source.matchAll(/\bname: '([^']+)'/g)].map((m) => m[1])
const only = process.argv[2]
const tests = ['growingText', 'conversation', 'row', 'runs', 'continuity', 'laws'].map(
  (t) => `packages/core/src/${t}.test.ts`,
)
let survived = 0
for (const [index, name] of names.entries()) {
  if (only && !name.includes(only)) continue
  const run = spawnSync('npx', ['vitest', 'run', '--project', 'core', '--bail', '1', ...tests], {
    env: { ...process.env, REJOIN_MUTANT: String(index) },
    encoding: 'utf8',
  })
  const output = stripVTControlCharacters(run.stdout + run.stderr)
  const caught = run.status !== 0 && output.includes('Failed Tests')
  if (!caught) survived++
  const by = /FAIL\s.*?src\/(\w+)\.test/.exec(output)?.[1]
  console.log(`${caught ? 'caught  ' : 'SURVIVED'}  ${name}${by ? `  (${by})` : ''}`)
  if (!caught && run.status !== 0) console.log(output.slice(-1500))
}
console.log(`${names.length - survived} caught, ${survived} survived`)
process.exit(survived ? 1 : 0)
