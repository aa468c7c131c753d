// What is installed, as plain Node sees it: every entry loads, a conversation with an agent is whole although
// publishes are refused, and stack traces lead to our sources.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const manifest = (folder) => JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'))
const ours = Object.keys(manifest('.').dependencies).filter((name) => name.startsWith('@rejoin/'))
const require = createRequire(import.meta.url)

let entries = 0
for (const name of ours)
  for (const subpath of Object.keys(manifest(`node_modules/${name}`).exports)) {
    if (subpath === './package.json') continue
    const entry = name + subpath.slice(1)
    const imported = Object.keys(await import(entry))
    if (imported.length === 0) throw new Error(`unable to use ${entry}; it exports nothing`)
    const required = Object.keys(require(entry)).filter((key) => key !== '__esModule')
    if (String(required) !== String(imported))
      throw new Error(`unable to require ${entry}; it has ${required.join()}, not ${imported.join()}`)
    entries++
  }
console.log(`seen: ${entries} entries`)

for (const script of ['conversation.mjs', 'traces.mjs'])
  process.stdout.write(run('--enable-source-maps', script))
for (const name of ours)
  for (const [command, path] of Object.entries(manifest(`node_modules/${name}`).bin ?? {})) {
    run(`node_modules/${name}/${path}`, '--help')
    console.log(`seen: command ${command}`)
  }

// Patient: on a busy machine, a process may need long to begin.
const options = ['--faults', '--timeout', '120000', '--expect', 'A rope 🪢 is a bundle of fibres.']
run('node_modules/@rejoin/cli/dist/rejoin.js', 'check-agent', ...options, '--', process.execPath, 'agent.mjs')
console.log('seen: rejoin check-agent passes an agent, with faults')

function run(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`unable to run ${args.join(' ')}; ${(stdout + stderr).slice(-2000)}`)
  return stdout
}
