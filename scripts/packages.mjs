// `pnpm packages`: packs what was built and checks what a user would get: publint, attw, the files themselves,
// and that plain Node imports every entry.
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
import { root } from './workspace.mjs'

const failures = []
const target = mkdtempSync(join(tmpdir(), 'rejoin-packages-'))
try {
  const packed = packAll(target)
  for (const pkg of packed) {
    await lint(pkg)
    types(pkg)
    files(pkg)
  }
  imports(packed)
  console.log(`${packed.length} packages: ${packed.map(({ name }) => name).join(', ')}`)
} finally {
  rmSync(target, { recursive: true })
}
for (const failure of failures) console.error(`✗ ${failure}`)
process.exitCode = failures.length ? 1 : 0

async function lint({ name, unpacked }) {
  const { messages, pkg } = await publint({ pkgDir: unpacked, pack: false, strict: true })
  for (const message of messages) failures.push(`${name}: ${formatMessage(message, pkg, { color: false })}`)
}

function types({ name, tarball }) {
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
  for (const entry of readdirSync(unpacked, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const shown = relative(unpacked, path)
    if (/\.test(-d)?\.|__snapshots__|^test\/|\btesting\.ts$/.test(shown))
      wrong(`${shown} is for our tests only`)
    if (entry.name.endsWith('.map')) checkMap(path, shown, unpacked, wrong)
    else if (entry.name.endsWith('.js') && !existsSync(`${path}.map`)) wrong(`${shown} has no source map`)
  }
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

/** Installs the packages, with the dependencies that this workspace has, and imports them with plain Node. */
function imports(packed) {
  const modules = join(target, 'consumer', 'node_modules')
  for (const { name, path, unpacked, manifest } of packed) {
    cpSync(unpacked, join(modules, name), { recursive: true })
    for (const dependency of Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }))
      if (!dependency.startsWith('@rejoin/'))
        link(realpathSync(join(path, 'node_modules', dependency)), join(modules, dependency))
  }
  const specifiers = packed.flatMap(({ name, entries }) =>
    entries.filter(({ subpath }) => subpath).map(({ subpath }) => name + subpath.slice(1)),
  )
  const script = join(target, 'consumer', 'index.mjs')
  writeFileSync(
    script,
    `for (const name of ${JSON.stringify(specifiers)}) {
      const names = Object.keys(await import(name))
      if (names.length === 0) throw new Error(name + ' exports nothing')
    }`,
  )
  try {
    run(process.execPath, [script])
    for (const { name, manifest } of packed)
      for (const bin of Object.values(manifest.bin ?? {}))
        run(process.execPath, [join(modules, name, bin), '--help'])
  } catch (error) {
    failures.push(error.message)
  }
}

function link(from, to) {
  if (existsSync(to)) return
  mkdirSync(dirname(to), { recursive: true })
  symlinkSync(from, to, 'junction')
}
