// `pnpm soak [target] [runs]`: the random tests that `pnpm test` samples, for any number of runs, with new
// seeds each time. Without a target: all of them, one after the other.
import { spawnSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureChromium } from './chromium.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')

/** Of each target: how many runs by default, which variables set the number, and which tests make them. */
const targets = {
  laws: {
    what: 'sessions over a model of the channel',
    runs: 1_000_000,
    variables: ['LAW_RUNS'],
    tests: [['core', 'packages/core/test/model/laws']],
  },
  wire: {
    what: 'sessions in Node.js and in Chromium over real sockets, while things break',
    runs: 1000,
    variables: ['WIRE_RUNS'],
    tests: [
      ['core', 'packages/core/test/wire/laws'],
      ['core', 'packages/core/test/wire/conversationLaws'],
      ['e2e', 'e2e/laws'],
    ],
  },
  kills: {
    what: "agents killed in mid-answer, the demo's on PostgreSQL too",
    runs: 200,
    variables: ['REJOIN_KILLS', 'KILLS'],
    tests: [
      ['agent', 'packages/agent/src/exit/process'],
      ['e2e', 'e2e/kills'],
    ],
  },
  claims: {
    what: 'three processes that share claims in PostgreSQL, killed and frozen while the database restarts',
    runs: 300,
    variables: ['KILLS'],
    tests: [['postgres', 'packages/postgres/test/kills']],
  },
  fuzz: {
    what: 'requests, upgrades and frames of strangers',
    runs: 300_000,
    variables: ['LOCAL_ABLY_FUZZ', 'FUZZ_RUNS'],
    tests: [
      ['local-ably', 'packages/local-ably/test/fuzz'],
      ['demo', 'demo/test/front'],
    ],
  },
}

const [name, count] = process.argv.slice(2)
const runs = count === undefined ? undefined : Number(count)
if (
  (name !== undefined && !(name in targets)) ||
  (runs !== undefined && !(Number.isInteger(runs) && runs > 0))
) {
  console.error(`unable to soak; use: pnpm soak [${Object.keys(targets).join('|')}] [number of runs]`)
  process.exit(1)
}

for (const target of name === undefined ? Object.keys(targets) : [name]) soak(target)

function soak(target) {
  const { what, variables, tests, runs: usual } = targets[target]
  console.log(`\n--- ${target}: ${what}, ${runs ?? usual} runs`)
  for (const [project, file] of tests) {
    const env = {
      ...process.env,
      ...Object.fromEntries(variables.map((key) => [key, String(runs ?? usual)])),
    }
    if (project === 'e2e') env.CHROME_PATH = ensureChromium()
    const { status } = spawnSync(process.execPath, [vitest, 'run', '--project', project, file], {
      cwd: root,
      env,
      stdio: 'inherit',
    })
    if (status !== 0) process.exitCode = 1
  }
}
