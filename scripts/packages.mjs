// `pnpm packages`: packs what was built and checks what a user would get: publint, attw, the files themselves, and
// what consumers/node does with them, with the dependencies that this workspace has.
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { packAll, run } from './pack.mjs'
import { printTable } from './table.mjs'
import { root } from './workspace.mjs'

const failures = []
const rows = [['package', 'publint', 'attw', 'files']]
const target = mkdtempSync(join(tmpdir(), 'rejoin-packages-'))
try {
  const packed = packAll(target)
  for (const pkg of packed) {
    const cells = []
    for (const check of [lint, types, files]) {
      const before = failures.length
      const seen = await check(pkg)
      cells.push(failures.length === before ? seen : '✗')
    }
    rows.push([pkg.name, ...cells])
  }
  consume(packed)
} finally {
  rmSync(target, { recursive: true })
}
printTable(rows)
console.log('')
for (const failure of failures) console.error(`✗ ${failure}`)
process.exitCode = failures.length ? 1 : 0

async function lint({ name, unpacked }) {
  const { messages, pkg } = await publint({ pkgDir: unpacked, pack: false, strict: true })
  for (const message of messages) failures.push(`${name}: ${formatMessage(message, pkg, { color: false })}`)
  return 'strict'
}

function types({ name, tarball, entries }) {
  const attw = join(root, 'node_modules', '@arethetypeswrong', 'cli', 'dist', 'index.js')
  try {
    run(process.execPath, [
      attw,
      tarball,
      '--profile',
      'esm-only',
      '--format',
      'ascii',
      '--no-color',
      '--no-emoji',
    ])
  } catch (error) {
    failures.push(`${name}: ${error.message}`)
  }
  return `${entries.filter(({ subpath }) => subpath).length} entries`
}

/** What is in the package, beside what publint looks at. */
function files({ name, unpacked }) {
  const wrong = (what) => failures.push(`${name}: ${what}`)
  for (const file of ['README.md', 'LICENSE'])
    if (!existsSync(join(unpacked, file))) wrong(`the package has no ${file}`)
  const manifest = readFileSync(join(unpacked, 'package.json'), 'utf8')
  for (const protocol of ['workspace:', 'catalog:'])
    if (manifest.includes(`"${protocol}`)) wrong(`package.json still says ${protocol}`)
  const { unpkg, jsdelivr } = JSON.parse(manifest)
  for (const file of [unpkg, jsdelivr])
    if (file && !existsSync(join(unpacked, file))) wrong(`the package has no ${file}; run \`pnpm build\``)
  let maps = 0
  for (const entry of readdirSync(unpacked, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const shown = relative(unpacked, path)
    if (/\.test(-d)?\.|__snapshots__|^test\/|\btesting\.ts$/.test(shown))
      wrong(`${shown} is for our tests only`)
    if (entry.name.endsWith('.map')) {
      checkMap(path, shown, unpacked, wrong)
      maps++
    } else if (entry.name.endsWith('.js') && !existsSync(`${path}.map`)) wrong(`${shown} has no source map`)
  }
  return `licence, README, ${maps} source maps`
}

/** Every source of ours that a map names is in the package: debuggers and "go to definition" end there. */
function checkMap(path, shown, unpacked, wrong) {
  const { sources } = JSON.parse(readFileSync(path, 'utf8'))
  for (const source of sources) {
    const file = join(dirname(path), source)
    if (!file.includes('node_modules') && !(file.startsWith(unpacked) && existsSync(file)))
      wrong(`${shown} points to ${source}, which is not in the package`)
  }
}

/** consumers/node, installed without a registry. */
function consume(packed) {
  const folder = join(target, 'consumer')
  cpSync(join(root, 'consumers', 'node'), folder, { recursive: true })
  const path = join(folder, 'package.json')
  const manifest = JSON.parse(readFileSync(path, 'utf8'))
  const modules = join(folder, 'node_modules')
  for (const pkg of packed) {
    cpSync(pkg.unpacked, join(modules, pkg.name), { recursive: true })
    const { dependencies, peerDependencies } = pkg.manifest
    for (const name of Object.keys({ ...dependencies, ...peerDependencies, ...manifest.dependencies })) {
      const installed = join(pkg.path, 'node_modules', name)
      if (!name.startsWith('@rejoin/') && existsSync(installed))
        link(realpathSync(installed), join(modules, name))
    }
  }
  for (const { name, tarball } of packed) manifest.dependencies[name] = `file:${tarball}`
  writeFileSync(path, JSON.stringify(manifest))
  try {
    process.stdout.write(run(process.execPath, ['check.mjs'], { cwd: folder }))
  } catch (error) {
    failures.push(error.message)
  }
}

function link(from, to) {
  if (existsSync(to)) return
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(from, to, 'junction')
}
