// Runs the property tests once per deliberate bug (packages/core/test/model/mutants.ts). Every one must be caught.
// `node scripts/mutants.mjs [part of a name | 2/6]`: those of that name, or the second sixth of all.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

const source = readFileSync(new URL('../packages/core/test/model/mutants.ts', import.meta.url), 'utf8')
const names = [...source.matchAll(/\bname: '([^']+)'/g)].map((m) => m[1])
const only = process.argv[2] ?? ''
const [, piece, pieces] = /^(\d+)\/(\d+)$/.exec(only) ?? []
const chosen = (name, index) => (piece ? index % pieces === piece - 1 : name.includes(only))
// The quick ones first: most bugs need no more.
const stages = [
  [
    'src/text/run',
    'src/response/conversation',
    'src/response/rows',
    'src/response/heads',
    'src/response/facts',
    'src/response/values',
    'src/text/severalRuns',
    'src/text/edits',
    'src/past/continuity',
    'src/past/step',
    'src/session/keeper',
  ],
  ['test/model/laws'],
]
let caught = 0
let survived = 0
for (const [index, name] of names.entries()) {
  if (!chosen(name, index)) continue
  let by
  for (const tests of stages) by ??= failing(tests, index)
  if (by) caught++
  else survived++
  console.log(by ? `caught    ${name}  (${by})` : `SURVIVED  ${name}`)
}
console.log(`${caught} of ${names.length} caught, ${survived} survived`)
process.exit(survived || !caught ? 1 : 0)

/** Which of the tests notices the bug, if any does. */
function failing(tests, index) {
  const files = tests.map((test) => `packages/core/${test}.test.ts`)
  // A slow machine is no bug: a test has the time it takes.
  const options = ['--project', 'core', '--bail', '1', '--testTimeout', '3600000']
  const run = spawnSync('npx', ['vitest', 'run', ...options, ...files], {
    env: { ...process.env, REJOIN_MUTANT: String(index) },
    encoding: 'utf8',
  })
  if (run.status === 0) return undefined
  const output = stripVTControlCharacters(run.stdout + run.stderr)
  const by = /FAIL\s.*?\/(\w+)\.test/.exec(output)?.[1]
  if (/Test timed out/.test(output))
    throw new Error(`unable to test a mutant; a test timed out:\n${output.slice(-1500)}`)
  if (!by) throw new Error(`unable to test a mutant; the tests did not run:\n${output.slice(-1500)}`)
  return by
}
