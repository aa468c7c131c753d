// The published packages and what each of them exports, read from their package.json: the one list of entries.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** In the order in which declarations can be made: a package after those it imports types from. */
export function packages() {
  const folders = readdirSync(join(root, 'packages')).filter((name) =>
    existsSync(join(root, 'packages', name, 'package.json')),
  )
  const found = folders.map((folder) => {
    const path = join(root, 'packages', folder)
    const manifest = JSON.parse(readFileSync(join(path, 'package.json'), 'utf8'))
    return { folder, path, manifest, name: manifest.name, entries: entriesOf(path, manifest) }
  })
  const needs = ({ manifest }, other) =>
    other.name in { ...manifest.dependencies, ...manifest.peerDependencies }
  return found.sort((a, b) => Number(needs(a, b)) - Number(needs(b, a)) || a.name.localeCompare(b.name))
}

/** `{ subpath, output, source }` of each module that package.json names: `exports`, and `bin`. */
function entriesOf(path, manifest) {
  const entries = []
  for (const [subpath, target] of Object.entries(manifest.exports))
    if (target['@rejoin/source'])
      entries.push({ subpath, output: target.default, source: join(path, target['@rejoin/source']) })
  for (const output of Object.values(manifest.bin ?? {}))
    entries.push({
      output,
      source: join(path, output.replace('./dist/', 'src/').replace(/\.js$/, '.ts')),
      bin: true,
    })
  return entries
}

/** The entries whose source exists; the others are handed to `missing`. */
export function presentEntries({ name, entries }, missing = (_what) => {}) {
  return entries.filter(({ source, output, subpath }) => {
    if (existsSync(source)) return true
    missing(`${name} has no source for ${subpath ?? output}`)
    return false
  })
}
