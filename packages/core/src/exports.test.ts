import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const packages = fileURLToPath(new URL('../..', import.meta.url))

/** What users may rely on, by entry: a name that comes or goes is a decision, and shows in a diff. */
const entries = readdirSync(packages).flatMap((folder) => {
  const path = join(packages, folder, 'package.json')
  if (!existsSync(path)) return []
  const { name, exports } = JSON.parse(readFileSync(path, 'utf8')) as {
    name: string
    exports: Record<string, { '@rejoin/source'?: string }>
  }
  return Object.entries(exports).flatMap(([subpath, { '@rejoin/source': source }]) =>
    source ? [{ entry: name + subpath.slice(1), source: join(packages, folder, source) }] : [],
  )
})

test.each(entries)('$entry exports what it promised', ({ source }) => {
  const names = exportsOf(source)
  expect(names.length).toBeGreaterThan(0)
  expect(names).toMatchSnapshot()
})

/** Names with `type ` before those that are gone at run time, sorted. */
function exportsOf(path: string, typesOnly = false): string[] {
  const code = readFileSync(path, 'utf8').replace(/\/\*[^]*?\*\//g, '')
  const names: string[] = []
  for (const [, type, list] of code.matchAll(/^export (type )?\{([^}]*)\}/gm))
    for (const item of list!.split(',').map((i) => i.trim()))
      if (item)
        names.push(label(item.replace(/^type /, '').replace(/^.* as /, ''), type ?? item.startsWith('type ')))
  for (const [, type, from] of code.matchAll(/^export (type )?\* from '(\.[^']+)'/gm))
    names.push(...exportsOf(join(dirname(path), from!), typesOnly || type !== undefined))
  for (const [, kind, name] of code.matchAll(
    /^export (?:declare |abstract |async )*(interface|type|class|const|let|function\*?) (\w+)/gm,
  ))
    names.push(label(name!, kind === 'interface' || kind === 'type'))
  return [...new Set(names)].sort()

  function label(name: string, type: unknown): string {
    return type || typesOnly ? `type ${name}` : name
  }
}
