// The worker in Cloudflare's own runtime. Nothing on its way there may need Node.js.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { createSession, fetchWake, history } from '@rejoin/core'
import { startLocalAbly } from '@rejoin/local-ably'
import { Realtime } from 'ably'
import { build } from 'esbuild'
import { Miniflare } from 'miniflare'

const shared = (name) => import(pathToFileURL(join(process.env.REJOIN_ROOT, 'scripts', name)).href)
const { checkMidAnswer } = await shared('midAnswer.mjs')
const { freePort } = await shared('programs.mjs')

const { metafile } = await build({
  entryPoints: ['worker.js'],
  outfile: 'out/worker.js',
  bundle: true,
  format: 'esm',
  platform: 'neutral',
  mainFields: ['browser', 'module', 'main'],
  conditions: ['workerd', 'worker', 'browser', 'import'],
  external: ['node:*'],
  // As Cloudflare's own bundler does.
  define: { 'process.env.NODE_ENV': '"production"' },
  metafile: true,
})
for (const [path, { imports }] of Object.entries(metafile.inputs)) {
  const node = imports.find((one) => one.external)
  if (node) throw new Error(`unable to run without Node.js; ${path} imports ${node.path}`)
}
const inputs = Object.keys(metafile.inputs)
if (!inputs.some((path) => path.includes('@rejoin/agent')))
  throw new Error('unable to find the agent in the bundle')
console.log(`seen: a bundle of ${inputs.length} modules without an import of Node.js`)

const script = await readFile('out/worker.js', 'utf8')
const port = await freePort()
await checkMidAnswer(
  { Realtime, createSession, history, startLocalAbly },
  {
    async start(bindings) {
      const options = { modules: true, script, bindings, host: '127.0.0.1', port }
      const runtime = new Miniflare({ ...options, compatibilityDate: '2026-07-01' })
      await runtime.ready
      return { kill: () => (runtime.gone ??= runtime.dispose()) }
    },
    wake: fetchWake(`http://127.0.0.1:${port}/api/chat`),
  },
)
process.exit()
