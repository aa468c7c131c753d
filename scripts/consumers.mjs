// `pnpm consumers [NAME ...]`: packs what was built, installs it in throw-away projects as a user would, and runs
// each one's check: plain Node, types under three compilers, bundlers, frameworks, a page with nothing but <script>
// tags. Ends with a table of what was seen. `--keep` leaves the projects for a look.
import { spawn } from 'node:child_process'
import { chmodSync, cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline'
import { findNodes } from './nodes.mjs'
import { packAll } from './pack.mjs'
import { printTable } from './table.mjs'
import { root } from './workspace.mjs'

/** Where a consumer does not say otherwise by `nodes` in its package.json. */
const newest = 24

const templates = join(root, 'consumers')
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('-'))
const folders = readdirSync(templates, { withFileTypes: true }).filter((entry) => entry.isDirectory())
const names = wanted.length ? wanted : folders.map(({ name }) => name)
const keep = process.argv.includes('--keep')

const target = mkdtempSync(join(tmpdir(), 'rejoin-consumers-'))
// Under root, the PostgreSQL server that a consumer installs runs as another user.
chmodSync(target, 0o755)
const rows = [['consumer', 'Node', 'seen']]
let failed = false
try {
  const packed = packAll(join(target, 'packed'))
  const projects = names.map((name) => project(name, packed))
  const nodes = findNodes([...new Set(projects.flatMap((p) => p.nodes))], join(target, 'nodes'))
  for (const { name, folder, nodes: majors } of projects) {
    console.log(`\n--- ${name}`)
    const installed = await npm(folder, ['install', '--no-audit', '--no-fund', '--loglevel=error'])
    for (const major of majors) {
      const bin = nodes.get(major)
      const outcome =
        installed.passed && bin !== undefined ? await npm(folder, ['run', 'check'], bin) : installed
      failed ||= !outcome.passed
      const seen = bin === undefined ? ['nothing: this Node is not to be had here'] : outcome.seen
      if (!outcome.passed) seen.push('✗ then it failed')
      for (const [i, what] of seen.entries()) rows.push([i ? '' : name, i ? '' : String(major), what])
    }
  }
} finally {
  if (keep) console.log(`\nKept in ${target}`)
  else rmSync(target, { recursive: true, force: true })
}
printTable(rows)
console.log(failed ? '\n✗ Not all consumers are fine.' : `\n${names.length} consumers are fine.`)
process.exitCode = failed ? 1 : 0

/** A copy of a template, with the files that it shares with others; it depends on the packages as they were packed. */
function project(name, packed) {
  const folder = join(target, name)
  cpSync(join(templates, name), folder, { recursive: true })
  const path = join(folder, 'package.json')
  const { nodes = [newest], shared = [], ...manifest } = JSON.parse(readFileSync(path, 'utf8'))
  for (const file of shared) cpSync(join(templates, file), join(folder, file))
  for (const pkg of packed) manifest.dependencies[pkg.name] = `file:${pkg.tarball}`
  writeFileSync(path, JSON.stringify(manifest, null, 2))
  return { name, folder, nodes }
}

/** Runs npm with the Node in `bin`; returns whether it passed, and what it printed after `seen: `. */
async function npm(folder, args, bin = '') {
  const env = {
    ...process.env,
    PATH: bin ? bin + delimiter + process.env.PATH : process.env.PATH,
    REJOIN_ROOT: root,
    CI: '1',
    NEXT_TELEMETRY_DISABLED: '1',
    NUXT_TELEMETRY_DISABLED: '1',
  }
  const child = spawn('npm', args, {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
    shell: process.platform === 'win32',
  })
  const ended = new Promise((resolve) => child.on('close', resolve))
  const seen = []
  for await (const line of createInterface({ input: child.stdout })) {
    console.log(line)
    if (line.startsWith('seen: ')) seen.push(line.slice('seen: '.length))
  }
  return { passed: (await ended) === 0, seen }
}
