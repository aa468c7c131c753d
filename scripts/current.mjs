// `pnpm current`: tells which dependencies have a newer version, and whether docs/comparison.md still names the newest
// version of each peer. Needs the registry; without it, it says that it does not know, and does not fail.
import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { root } from './workspace.mjs'

/** What stays behind on purpose: the package, the major version it stays on, and why. */
const held = {
  '@types/node': [20, 'the oldest Node.js that we support'],
  '@changesets/cli': [2, 'version 3 needs Node.js 22'],
  vitest: [4, 'version 5 needs Node.js 22'],
  'highlight.js': [11, 'the version that lowlight brings'],
  immer: [10, 'version 11 is larger'],
  typescript: [6, 'docs and consumers try older compilers'],
}
/** Workspaces that install the oldest versions we support, or what was measured. */
const oldest = /[\\/]with-[\w.-]+$/

const run = promisify(execFile)
const command = process.platform === 'win32' ? 'npx.cmd' : 'npx'

/** `pnpm outdated` ends with 1 when it found something. */
async function outdated() {
  const args = ['-y', 'pnpm@12', 'outdated', '--recursive', '--format', 'json']
  const { stdout, stderr } = await run(command, args, { cwd: root, maxBuffer: 1e8 }).catch((error) => error)
  try {
    return JSON.parse(stdout)
  } catch {
    throw new Error(`pnpm outdated says nothing; ${String(stderr).trim().split('\n').at(-1)}`)
  }
}

async function newest(name) {
  const { stdout } = await run('npm', ['view', name, 'version'], { shell: process.platform === 'win32' })
  return stdout.trim()
}

/** The dependencies that another version should replace. */
function stale(found) {
  return Object.entries(found).flatMap(([key, { current, latest, isDeprecated, dependentPackages }]) => {
    const name = key.replace(/(?<=.)@.*/, '').replace(/ \(dev\)$/, '')
    const users = dependentPackages.filter(({ location }) => !oldest.test(location))
    if (users.length === 0 || current === undefined) return []
    const where = users.map((user) => user.name).join(', ')
    if (isDeprecated) return [`${name} ${current} is deprecated (${where})`]
    const [major] = held[name] ?? []
    return current === latest || Number.parseInt(current, 10) === major
      ? []
      : [`${name} ${current} could be ${latest} (${where})`]
  })
}

/** The peers of which the comparison does not name the newest version. */
async function stalePeers() {
  const page = readFileSync(join(root, 'docs', 'comparison.md'), 'utf8')
  const named = [...page.matchAll(/^\|[^|]*\| `([^`]+)` \| (\d[\w.-]*) \|$/gm)]
  if (named.length === 0) throw new Error('docs/comparison.md names no versions')
  const found = await Promise.all(
    named.map(async ([, name, version]) => {
      const latest = await newest(name)
      return latest === version
        ? []
        : [`docs/comparison.md compares ${name} ${version}; the newest is ${latest}`]
    }),
  )
  return found.flat()
}

const results = await Promise.allSettled([outdated().then(stale), stalePeers()])
const lines = [...new Set(results.flatMap(({ value = [] }) => value))]
for (const line of lines) console.error(`✗ ${line}`)
for (const { reason } of results)
  if (reason) console.warn(`? unable to tell whether all is current; ${reason.message}`)
if (lines.length === 0 && results.every(({ status }) => status === 'fulfilled'))
  console.log(`All is current, but for what is held: ${Object.keys(held).join(', ')}.`)
process.exitCode = lines.length > 0 ? 1 : 0
