// Packs every package as it would be published, from what is in dist.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { packages } from './workspace.mjs'

/** Runs a program to its end; throws what it printed when it fails. */
export function run(file, args, options = {}) {
  const { status, stdout, stderr, error } = spawnSync(file, args, {
    encoding: 'utf8',
    shell: process.platform === 'win32',
    ...options,
  })
  if (status === 0) return stdout
  throw new Error(`unable to run ${[file, ...args].join(' ')}; ${error?.message ?? `${stdout}${stderr}`}`)
}

/** The pnpm that runs this script, or the one that npx finds. */
function pnpm(args, options) {
  const { npm_execpath: path, npm_config_user_agent: agent } = process.env
  if (agent?.startsWith('pnpm') && path) {
    const script = /\.[cm]?js$/.test(path)
    return run(script ? process.execPath : path, script ? [path, ...args] : args, options)
  }
  return run('npx', ['--yes', 'pnpm@12', ...args], options)
}

/** Returns `{ name, folder, path, manifest, tarball }` of each package, packed into `target`. */
export function packAll(target) {
  return packages().map((pkg) => {
    const folder = join(target, pkg.folder)
    mkdirSync(folder, { recursive: true })
    pnpm(['pack', '--pack-destination', folder], { cwd: pkg.path })
    const file = readdirSync(folder).find((name) => name.endsWith('.tgz'))
    const tarball = join(target, `${pkg.folder}.tgz`)
    renameSync(join(folder, file), tarball)
    run('tar', ['-xzf', tarball, '-C', folder])
    return Object.assign(pkg, { tarball, unpacked: join(folder, 'package') })
  })
}
