// `pnpm test`: everything; at the end what failed, once more, and a summary; exit code 1 when anything failed.
import { spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { ensureChromium } from './chromium.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const bin = (name) => join(root, 'node_modules', '.bin', process.platform === 'win32' ? `${name}.cmd` : name)
const script = (name) => [process.execPath, join(root, 'scripts', name)]

/** One stage after the other. The lanes of a stage run beside each other, and the steps of a lane in order. */
const stages = [
  [
    [
      { name: 'format', command: [bin('oxfmt'), '--check'] },
      { name: 'lint', command: [bin('oxlint'), '--type-aware', '--deny-warnings'] },
      { name: 'types', command: [bin('tsc'), '-p', 'tsconfig.json'] },
    ],
    [
      { name: 'build', command: [bin('rollup'), '-c', '--silent'] },
      { name: 'declarations', command: script('types.mjs') },
      { name: 'script bundles', command: script('global.mjs') },
      { name: 'packages', command: script('packages.mjs') },
      { name: 'size', command: [...script('size.mjs'), '--check'] },
    ],
  ],
  // Beside each other: pages wait for servers much of the time, and other tests use it.
  [
    [{ name: 'unit and integration', command: [bin('vitest'), 'run', '--project', '!e2e'], live: true }],
    [{ name: 'in Chromium', command: [bin('vitest'), 'run', '--project', 'e2e'], browser: true, live: true }],
  ],
]

/** How many of the last characters that a failed step printed are printed again. */
const tailLength = 6000

const results = []
const began = Date.now()
for (const lanes of stages)
  await Promise.all(
    lanes.map(async (lane) => {
      for (const step of lane) results.push(await taken(step))
    }),
  )

for (const { name, mark, tail } of results)
  if (mark === '✗') console.log(`\n--- ${name} failed; the end of what it printed:\n${tail}`)

console.log('\n')
for (const result of results) console.log(line(result))
console.log(line({ mark: ' ', name: 'in all', seconds: (Date.now() - began) / 1000, note: '' }))
const failed = results.filter(({ mark }) => mark === '✗')
console.log(failed.length === 0 ? '\nAll passed.' : `\nFailed: ${failed.map(({ name }) => name).join(', ')}.`)
process.exitCode = failed.length === 0 ? 0 : 1

function line({ mark, name, seconds, note }) {
  return `  ${mark} ${name.padEnd(22)} ${`${seconds.toFixed(1)} s`.padStart(8)}  ${note}`.trimEnd()
}

/** A live step's output shows line by line, as it comes; that of others when they have ended. */
async function taken(step) {
  const started = Date.now()
  let note = ''
  let passed = false
  let tail = ''
  let printed = ''
  try {
    const env = step.browser ? { ...process.env, CHROME_PATH: ensureChromium() } : process.env
    const code = await run(step.command, env, (text, stream) => {
      printed += text
      tail = (tail + text).slice(-tailLength)
      if (!step.live) return
      const end = printed.lastIndexOf('\n') + 1
      stream.write(printed.slice(0, end))
      printed = printed.slice(end)
    })
    passed = code === 0 && !(step.live && tellsOfFailures(tail))
    if (!passed) note = `exit code ${code}`
  } catch (error) {
    note = error.message
  }
  const result = { ...step, mark: passed ? '✓' : '✗', seconds: (Date.now() - started) / 1000, note, tail }
  console.log(`${printed && `\n--- ${step.name}\n${printed}`}${line(result)}`)
  return result
}

/** Whether the end of what Vitest printed does: what tests load may set the exit code too. */
function tellsOfFailures(text) {
  return /^\W*(Test Files|Tests|Errors)\W.*\b\d+ (failed|errors?)\b/m.test(stripVTControlCharacters(text))
}

function run([file, ...args], env, heard) {
  return new Promise((resolve, reject) => {
    const colours = process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}
    const child = spawn(file, args, {
      cwd: root,
      env: { ...colours, ...env },
      stdio: ['inherit', 'pipe', 'pipe'],
      shell: process.platform === 'win32',
    })
    for (const name of ['stdout', 'stderr'])
      child[name].setEncoding('utf8').on('data', (text) => heard(text, process[name]))
    child.on('error', reject)
    child.on('close', (code, signal) => resolve(code ?? signal))
  })
}
