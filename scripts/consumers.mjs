// `pnpm consumers [NAME ...]`: packs what was built, installs it in throw-away projects as a user would, and runs
// each one's check: types under three compilers, bundlers, frameworks, a page with nothing but <script> tags.
import { cpSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawnSync } from 'node:child_process'
import { packAll } from './pack.mjs'
import { root } from './workspace.mjs'

const templates = join(root, 'consumers')
const wanted = process.argv.slice(2).filter((arg) => !arg.startsWith('-'))
const names = wanted.length ? wanted : readdirSync(templates)
const keep = process.argv.includes('--keep')

const target = mkdtempSync(join(tmpdir(), 'rejoin-consumers-'))
const failed = []
try {
  const packed = packAll(join(target, 'packed'))
  for (const name of names) {
    console.log(`\n--- ${name}`)
    const folder = join(target, name)
    cpSync(join(templates, name), folder, { recursive: true })
    const path = join(folder, 'package.json')
    const manifest = JSON.parse(readFileSync(path, 'utf8'))
    const needed = Number(/\d+/.exec(manifest.engines?.node ?? '')?.[0] ?? 0)
    if (needed > Number.parseInt(process.versions.node, 10)) {
      console.log(`skipped: needs Node ${needed}`)
      continue
    }
    const tarballs = Object.fromEntries(packed.map((pkg) => [pkg.name, `file:${pkg.tarball}`]))
    manifest.dependencies = { ...manifest.dependencies, ...tarballs }
    writeFileSync(path, JSON.stringify(manifest, null, 2))
    const env = {
      ...process.env,
      REJOIN_ROOT: root,
      CI: '1',
      NEXT_TELEMETRY_DISABLED: '1',
      NUXT_TELEMETRY_DISABLED: '1',
    }
    const steps = [
      ['npm', ['install', '--no-audit', '--no-fund', '--loglevel=error']],
      ['npm', ['run', '--silent', 'check']],
    ]
    for (const [file, args] of steps) {
      const options = { cwd: folder, stdio: 'inherit', env, shell: process.platform === 'win32' }
      const { status } = spawnSync(file, args, options)
      if (status === 0) continue
      failed.push(`${name} (${args[0] === 'install' ? 'install' : 'check'})`)
      break
    }
  }
} finally {
  if (keep) console.log(`\nKept in ${target}`)
  else rmSync(target, { recursive: true, force: true })
}
console.log(
  failed.length ? `\n✗ ${failed.join(', ')}` : `\n${names.length} consumers are fine: ${names.join(', ')}`,
)
process.exitCode = failed.length ? 1 : 0
