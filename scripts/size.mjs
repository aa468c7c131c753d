// `pnpm size`: weighs what users load, checks the budgets and that nothing unused arrives, and writes the tables
// into README.md and bench/README.md. `--check` changes nothing and fails when they say otherwise. `--modules` shows what
// each file and each promise of the reader costs; `--floor`, what no minifier could go below. `--json FILE` writes the
// figures as data.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { transformSync } from 'esbuild'
import { weigh } from './bundle.mjs'
import { floorOf } from './floor.mjs'
import { weighScripts } from './global.mjs'
import { misplaced, plainly, promisesOf } from './promises.mjs'
import { shakes } from './shaking.mjs'
import { printTable } from './table.mjs'
import { packages, presentEntries, root } from './workspace.mjs'

const KIB = 1024
/** The tables may lag behind by this much, in KiB, so that not every commit has to touch them. */
const SLACK = 0.1

const all = Object.fromEntries(packages().map((pkg) => [pkg.name, pkg]))
const source = (name, subpath = '.') =>
  JSON.stringify(all[name].entries.find((entry) => entry.subpath === subpath).source)
const session = `export { createSession } from ${source('@rejoin/core')}`
const reader = `export { createReader } from ${source('@rejoin/core')}`
const modular = `export { BaseRealtime, WebSocketTransport, FetchRequest, Rest } from 'ably/modular'`
const benchFloor = ['floor', 'answerFloor']
  .map((name) => `export * from ${JSON.stringify(join(root, 'bench', 'src', `${name}.ts`))}`)
  .join('\n')
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

const own = await row('Texts alone (`createReader`), our own code', { aim: 14, ceiling: 34.4 }, reader, {
  external: dependencies,
})
const readerWeight = await row('`createReader` with its dependencies', { aim: 14, ceiling: 35.5 }, reader)
const sessionWeight = await row(
  'Everything a chat needs (`createSession`)',
  { aim: 28, ceiling: 55.7 },
  session,
)
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
  { aim: 57, ceiling: 77.9 },
  `${reader}\n${modular}`,
)
await row(
  '`createSession` and `ably/modular` on one page',
  { aim: 71, ceiling: 98 },
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

failures.push(...keep('README.md', 'size', sizes()))
if (readerWeight && sessionWeight) failures.push(...(await keepPromises().catch(unweighed)))
for (const failure of failures) console.error(`✗ ${failure}`)
process.exitCode = failures.length ? 1 : 0

/** A function that a promise names may be gone. */
function unweighed({ errors = [], message }) {
  return errors.length > 0 ? errors.map(({ text }) => text) : [message]
}

function sizes() {
  return [
    '| min + gzip | KiB |',
    '|---|---:|',
    ...rows.map(({ what, kib }) => `| ${what} | ${kib.toFixed(1)} |`),
  ].join('\n')
}

/** Writes what stands between two marks of a page, or checks that it stands there. */
function keep(page, mark, text) {
  const path = join(root, page)
  const begin = `<!-- ${mark} -->\n`
  const end = `\n<!-- /${mark} -->`
  const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const from = before.indexOf(begin) + begin.length
  const to = before.indexOf(end)
  if (from < begin.length || to < from)
    return [`unable to find the table in ${page}; put ${begin}${end} into it`]
  if (!process.argv.includes('--check')) {
    writeFileSync(path, before.slice(0, from) + text + before.slice(to))
    return []
  }
  const known = before.slice(from, to).split('\n')
  const wrong = text.split('\n').filter((line, i) => !isNear(line, known[i]))
  if (wrong.length === 0 && known.length > text.split('\n').length) wrong.push('what is gone')
  return wrong.map((line) => `${page} is not right about ${line}; run \`pnpm size\``)
}

/** Whether two lines say the same, but for small differences of figures. */
function isNear(line, known) {
  const figure = /\d+\.\d/g
  if (line.replace(figure, '') !== known?.replace(figure, '')) return false
  const figures = known.match(figure) ?? []
  return (line.match(figure) ?? []).every((one, i) => Math.abs(one - figures[i]) <= SLACK + 0.05)
}

/** What one would have to give up for less: see promises.mjs. */
async function keepPromises() {
  const kib = (bytes) => (bytes === undefined ? '' : (bytes / KIB).toFixed(1))
  const bundles = [
    { name: 'createReader', code: reader, aim: 14, ...readerWeight },
    { name: 'createSession', code: session, aim: 28, ...sessionWeight },
  ]
  for (const bundle of bundles) bundle.promises = await promisesOf(bundle.code, bundle)
  const [ofReader, ofSession] = bundles.map(({ promises }) => new Map(promises.map((one) => [one.name, one])))
  const cells = [...ofSession.values()].map(({ name, adds, left }) => [
    name,
    kib(ofReader.get(name)?.adds),
    kib(ofReader.get(name)?.left),
    kib(adds),
    kib(left),
  ])
  const head = ['', ...bundles.flatMap(({ name }) => [`\`${name}\`: it adds`, 'left'])]
  const all = ['everything', ...bundles.flatMap(({ gzip }) => ['', kib(gzip)])]
  if (process.argv.includes('--modules')) printTable([head, all, ...cells])
  const reached = bundles.map(({ name, aim, promises }) => {
    const last = promises.find(({ left }) => left <= aim * KIB)
    return `To fit into ${aim} KiB, \`${name}\` would have to give up every promise from the first to “${last?.name ?? 'the last'}”.`
  })
  const { gzip: floor } = await weigh(benchFloor)
  const [plainReader, plainSession] = [await plainly(reader), await plainly(session)]
  const table = [head, ['---', '---:', '---:', '---:', '---:'], all, ...cells]
  const text = [
    ...table.map((row) => `| ${row.join(' | ')} |`.replace(/ {2,}/g, ' ')),
    '',
    ...reached,
    `In the shortest code for texts and lines that obeys the laws (\`plainRun.ts\` and \`plainLines.ts\` in \`packages/core/test/model\`), which keeps all that it heard and works through it anew with each change, \`createReader\` would weigh ${kib(plainReader)} KiB and \`createSession\` ${kib(plainSession)} KiB: the rest is what constant work and bounded memory cost.`,
    `The floor of these benchmarks, code of its own that takes tokens and whole answers and notices a gap, but places nothing, fills nothing and reads no past, weighs ${kib(floor)} KiB.`,
  ].join('\n')
  const files = bundles.flatMap(({ modules }) => Object.keys(modules))
  return [...misplaced(files), ...keep('bench/README.md', 'promises', text)]
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
