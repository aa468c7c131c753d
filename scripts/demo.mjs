// `pnpm demo`: builds the pages, then runs everything in one process tree and prints one URL.
import { spawn, spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const demo = join(root, 'demo')
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19))
  fail(`unable to run on Node ${process.versions.node}; install Node 20.19 or later`)

const resolve = createRequire(join(demo, 'package.json')).resolve
const tsx = attempt(() => resolve('tsx'))
const vite = attempt(() => join(dirname(resolve('vite/package.json')), 'bin', 'vite.js'))
if (!tsx || !vite) fail('unable to find the packages of the demo; run `npx -y pnpm@12 install` first')

if (!process.env.DEMO_SKIP_BUILD) {
  const build = spawnSync(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: demo,
    encoding: 'utf8',
    env: { ...process.env, NODE_ENV: 'production' },
  })
  if (build.status !== 0) {
    process.stderr.write(build.stdout + build.stderr)
    fail('unable to build the pages; what went wrong is above')
  }
}

const server = spawn(
  process.execPath,
  ['--conditions=@rejoin/source', '--import', pathToFileURL(tsx).href, join(demo, 'server', 'main.ts')],
  { cwd: root, stdio: 'inherit' },
)
// Ctrl-C reaches the server by itself, as one of the terminal's group; a plain signal to us has to be passed on.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => server.kill('SIGTERM'))
server.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))

function attempt(find) {
  try {
    return find()
  } catch {
    return undefined
  }
}

function fail(message) {
  console.error(message)
  process.exit(1)
}
