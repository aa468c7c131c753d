// `pnpm demo`: builds the pages and the programs, then runs everything in one process tree and prints one URL.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const demo = join(root, 'demo')
const programs = join(demo, '.programs')
const [major, minor] = process.versions.node.split('.').map(Number)
if (major < 20 || (major === 20 && minor < 19))
  fail(`unable to run on Node ${process.versions.node}; install Node 20.19 or later`)

const require = createRequire(join(demo, 'package.json'))
const vite = attempt(() => join(dirname(require.resolve('vite/package.json')), 'bin', 'vite.js'))
const esbuild = attempt(() => require('esbuild'))
if (!vite || !esbuild) fail('unable to find the packages of the demo; run `npx -y pnpm@12 install` first')

// Tests start the demo many times, and build it once.
if (!process.env.DEMO_SKIP_BUILD) await Promise.all([buildPages(), buildPrograms()])

// Reading the maps takes as long as starting: only DEBUG, which prints stacks, does it.
const traced = process.env.DEBUG ? ['--enable-source-maps'] : []
const server = spawn(process.execPath, [...traced, join(programs, 'server.mjs')], {
  cwd: root,
  stdio: 'inherit',
})
// Ctrl-C reaches the server by itself, as one of the terminal's group; a plain signal to us has to be passed on.
process.on('SIGINT', () => {})
process.on('SIGTERM', () => server.kill('SIGTERM'))
server.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)))

async function buildPages() {
  const build = spawn(process.execPath, [vite, 'build', '--logLevel', 'warn'], {
    cwd: demo,
    env: { ...process.env, NODE_ENV: 'production' },
  })
  let printed = ''
  for (const stream of [build.stdout, build.stderr]) stream.on('data', (text) => (printed += text))
  const code = await new Promise((resolve) => build.on('close', resolve))
  if (code === 0) return
  process.stderr.write(printed)
  fail('unable to build the pages; what went wrong is above')
}

/** The server and its agent, each as one file: Node.js starts it in half the time that its TypeScript would take. */
async function buildPrograms() {
  try {
    await esbuild.build({
      entryPoints: {
        server: join(demo, 'server', 'main.ts'),
        agent: join(demo, 'agent', 'main.ts'),
      },
      outdir: programs,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node20',
      conditions: ['@rejoin/source'],
      sourcemap: true,
      // They load files of their own.
      external: ['@electric-sql/pglite', 'pg'],
      // For CommonJS packages in the bundle.
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
      logLevel: 'warning',
    })
  } catch {
    fail('unable to build the server and its agent; what went wrong is above')
  } finally {
    await esbuild.stop()
  }
}

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
