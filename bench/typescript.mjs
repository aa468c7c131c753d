// Loads TypeScript for the benchmarks as users' bundlers do. (tsx names every function as it is made, which costs what
// is measured here.)
import { register } from 'node:module'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { isMainThread } from 'node:worker_threads'
import { transform } from 'esbuild'

if (isMainThread) register(import.meta.url)

export async function load(url, context, next) {
  if (!url.endsWith('.ts') && !url.endsWith('.tsx')) return next(url, context)
  const loader = url.endsWith('x') ? 'tsx' : 'ts'
  const options = { loader, jsx: 'automatic', format: 'esm', target: 'es2022', sourcemap: 'inline' }
  const { code } = await transform(await readFile(fileURLToPath(url), 'utf8'), options)
  return { format: 'module', source: code, shortCircuit: true }
}
