// `pnpm size`: weighs what users load, checks the budgets and that nothing unused arrives, and writes the table
// into README.md. `--check` changes nothing and fails when README.md says otherwise. `--modules` shows what
// each file of the reader costs; `--floor`, what no minifier could go below. `--json FILE` writes the figures as data.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { transformSync } from 'esbuild'
import { weigh } from './bundle.mjs'
import { floorOf } from './floor.mjs'
import { weighScripts } from './global.mjs'
import { shakes } from './shaking.mjs'
import { packages, presentEntries, root } from './workspace.mjs'

const KIB = 1024
/** The README may lag behind by this much, in KiB, so that not every commit has to touch it. */
const SLACK = 0.1
const begin = '<!-- size -->'
const end = '<!-- /size -->'

const all = Object.fromEntries(packages().map((pkg) => [pkg.name, pkg]))
const source = (name, subpath = '.') =>
  JSON.stringify(all[name].entries.find((entry) => entry.subpath === subpath).source)
const session = `export { createSession } from ${source('@rejoin/core')}`
const reader = `export { createReader } from ${source('@rejoin/core')}`
const modular = `export { BaseRealtime, WebSocketTransport, FetchRequest, Rest } from 'ably/modular'`
const dependencies = Object.keys(all['@rejoin/core'].manifest.dependencies ?? {})

const failures = []
const rows = []

async function row(what, budget, code, options) {
  const weight = typeof code === 'string' ? await weigh(code, options).catch(unbundled(what)) : code
  if (!weight) return undefined
  rows.push({ what, kib: weight.gzip / KIB, budget, ...weight })
  return weight
}

function unbundled(what) {
  return (error) => void failures.push(`unable to bundle ${what}; ${error.message}`)
}

const own = await row('Texts alone (`createReader`), our own code', { aim: 14, ceiling: 31.9 }, reader, {
  external: dependencies,
})
await row('`createReader` with its dependencies', { aim: 14, ceiling: 33 }, reader)
await row('Everything a chat needs (`createSession`)', { aim: 28, ceiling: 52.7 }, session)
await row('Everything `@rejoin/core` exports', undefined, `export * from ${source('@rejoin/core')}`)
for (const name of ['@rejoin/react', '@rejoin/vue', '@rejoin/svelte'])
  await row(`\`${name}\``, { aim: 1, ceiling: 1.6 }, `export * from ${source(name)}`, {
    external: Object.keys(all[name].manifest.peerDependencies),
  })
await row(
  '`@rejoin/inspector`, in development only',
  { aim: 8, ceiling: 9 },
  `export * from ${source('@rejoin/inspector')}`,
  {
    external: Object.keys(all['@rejoin/inspector'].manifest.peerDependencies),
  },
)
await row(
  '`createReader` and `ably/modular` on one page',
  { aim: 57, ceiling: 75.3 },
  `${reader}\n${modular}`,
)
await row(
  '`createSession` and `ably/modular` on one page',
  { aim: 71, ceiling: 95 },
  `${session}\n${modular}`,
)
for (const name of ['@rejoin/core', '@rejoin/agent'])
  for (const { subpath, source: path } of presentEntries(all[name]))
    if (name !== '@rejoin/core' || subpath !== '.')
      await row(`\`${name}${subpath.slice(1)}\``, undefined, `export * from ${JSON.stringify(path)}`, {
        external: ['ably', 'node:*'],
      })
for (const { output, gzip, min } of await weighScripts())
  await row(`\`${output}\`${output.includes('all') ? ', Ably included' : ''}`, undefined, { gzip, min })

const showsFloor = process.argv.includes('--floor')
for (const { what, kib, budget, script } of rows) {
  const aim = budget ? `(aim ${budget.aim})` : ''
  const floor = showsFloor && script && budget ? `, floor ${(floorOf(script) / KIB).toFixed(1)}` : ''
  console.log(`${kib.toFixed(1).padStart(6)} KiB ${aim.padEnd(9)} ${what}${floor}`)
  if (budget && kib > budget.ceiling)
    failures.push(
      `${what} is ${kib.toFixed(1)} KiB; it may be ${budget.ceiling}, and the aim is ${budget.aim}`,
    )
}
if (process.argv.includes('--modules') && own) printModules(own)

const { proofs, failures: unshaken } = await shakes(all)
console.log(`${proofs} exports bring what they use and nothing else${unshaken.length ? ', but:' : ''}`)
failures.push(...unshaken)

const json = process.argv.indexOf('--json')
if (json > 0)
  writeFileSync(
    process.argv[json + 1],
    JSON.stringify(
      rows.map(({ what, gzip, min, budget }) => ({
        name: what,
        unit: 'bytes, gzip',
        value: gzip,
        min,
        budget,
      })),
    ),
  )

failures.push(...compareReadme())
for (const failure of failures) console.error(`✗ ${failure}`)
process.exitCode = failures.length ? 1 : 0

function compareReadme() {
  const path = join(root, 'README.md')
  const readme = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const from = readme.indexOf(begin)
  const to = readme.indexOf(end)
  if (from < 0 || to < from)
    return [`unable to find the size table in README.md; put ${begin} and ${end} into it`]
  const table = [
    '| min + gzip | KiB |',
    '|---|---:|',
    ...rows.map(({ what, kib }) => `| ${what} | ${kib.toFixed(1)} |`),
  ].join('\n')
  if (!process.argv.includes('--check')) {
    writeFileSync(path, `${readme.slice(0, from + begin.length)}\n${table}\n${readme.slice(to)}`)
    return []
  }
  const shown = new Map(
    [...readme.slice(from, to).matchAll(/^\| (.+) \| ([\d.]+) \|$/gm)].map(([, what, kib]) => [
      what,
      Number(kib),
    ]),
  )
  const wrong = rows.filter(({ what, kib }) => !(Math.abs(kib - shown.get(what)) <= SLACK + 0.05))
  const gone = [...shown.keys()].filter((what) => !rows.some((r) => r.what === what))
  return [...wrong.map(({ what }) => what), ...gone].map(
    (what) => `README.md is not right about ${what}; run \`pnpm size\``,
  )
}

/** Where the reader's bytes come from. Gzip of one file alone overstates: shares of the whole are shown. */
function printModules({ modules, gzip }) {
  const alone = Object.keys(modules).map((path) => {
    const { code } = transformSync(readFileSync(join(root, path), 'utf8'), { loader: 'ts', minify: true })
    return [path, gzipSync(code, { level: 9 }).length]
  })
  const sum = alone.reduce((total, [, size]) => total + size, 0)
  console.log('\n  min bytes  ~gzip KiB  file')
  for (const [path, size] of alone.sort(([, a], [, b]) => b - a))
    console.log(
      `${String(modules[path]).padStart(11)}  ${((gzip / KIB) * (size / sum)).toFixed(2).padStart(9)}  ${path}`,
    )
  console.log('')
}
