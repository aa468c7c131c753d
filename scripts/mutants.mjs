// Brings back one deliberate bug at a time (packages/core/test/model/mutants), and runs the test that its entry names.
// `node scripts/mutants.mjs [part of a name | 2/6]`: those of that name, or the second sixth of all. Exits with 1 if a
// bug survives every test, if another test than the named one catches it, or if its text is not in the source any more.
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { tsImport } from 'tsx/esm/api'

const { mutants } = await tsImport('../packages/core/test/model/mutants.ts', import.meta.url)
const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const only = process.argv[2] ?? ''
const [, piece, pieces] = /^(\d+)\/(\d+)$/.exec(only) ?? []
const chosen = ({ name }, index) => (piece ? index % pieces === piece - 1 : name.includes(only))
/** Where a bug is looked for that the named test misses. */
const wider = ['src/text', 'src/response', 'src/past', 'src/session/keeper', 'test/model/laws']

// A test that fails anyway catches nothing.
const killers = new Set(mutants.filter(chosen).map(({ killer }) => `${killer}.test.ts`))
if (killers.size) {
  const { by, broken } = failing([...killers], -1)
  if (by ?? broken) throw new Error(`unable to try mutants; without any, a test fails: ${by ?? broken}`)
}

const results = { caught: 0, MISNAMED: 0, SURVIVED: 0, BROKEN: 0 }
for (const [index, mutant] of mutants.entries()) {
  if (!chosen(mutant, index)) continue
  const [result, by] = judge(mutant, index)
  results[result]++
  console.log(`${result.padEnd(8)}  ${mutant.name}  (${by})`)
}
console.log(
  `${results.caught} of ${mutants.length} caught, ${results.SURVIVED} survived, ${results.MISNAMED} caught by other tests than named, ${results.BROKEN} not tried`,
)
process.exit(results.caught && !results.SURVIVED && !results.MISNAMED && !results.BROKEN ? 0 : 1)

function judge({ killer }, index) {
  const named = failing([`${killer}.test.ts`], index)
  if (named.broken) return ['BROKEN', named.broken]
  if (named.by) return ['caught', named.by]
  for (const tests of wider) {
    const { by } = failing([tests], index)
    if (by) return ['MISNAMED', `by ${by}, not by ${killer}`]
  }
  return ['SURVIVED', killer]
}

/** Which of the tests notices the bug, if any does; `broken`: they did not run. */
function failing(tests, index) {
  const files = tests.map((test) => `packages/core/${test}`)
  // A slow machine is no bug: a test has the time it takes.
  const options = ['--project', 'core', '--bail', '1', '--silent', '--testTimeout', '3600000']
  const run = spawnSync(process.execPath, [vitest, 'run', ...options, ...files], {
    env: { ...process.env, REJOIN_MUTANT: String(index) },
    encoding: 'utf8',
    maxBuffer: Infinity,
  })
  if (run.status === 0) return {}
  const output = stripVTControlCharacters(run.stdout + run.stderr)
  const by = /FAIL\s.*?\/(\w+)\.test.*? > (.*)/.exec(output)
  if (by && !/Test timed out/.test(output)) return { by: `${by[1]}: ${by[2]}` }
  return { broken: /unable to make mutant.*|Test timed out.*/.exec(output)?.[0] ?? output.slice(-500) }
}
