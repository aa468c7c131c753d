// What a piece of code weighs on a page: bundled from source, minified, gzipped.
import { gzipSync } from 'node:zlib'
import { join } from 'node:path'
import { build, transform } from 'esbuild'
import { rollup } from 'rollup'
import { root } from './workspace.mjs'

/**
 * Bundles `code`, which may import what `@rejoin/core` may, and absolute paths.
 * Returns the minified `script`, `{ min, gzip }` in bytes, the names of its `exports`, and `modules`: bytes (minified)
 * that each file brought, by its path in the workspace. Files that brought nothing are left out.
 */
export async function weigh(code, { external = [], plugins = [], ...options } = {}) {
  const { outputFiles, metafile } = await build({
    stdin: { contents: code, resolveDir: join(root, 'packages', 'core'), loader: 'ts' },
    absWorkingDir: root,
    bundle: true,
    minify: true,
    write: false,
    metafile: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    conditions: ['@rejoin/source'],
    define: { 'process.env.NODE_ENV': '"production"' },
    external,
    logLevel: 'silent',
    plugins: [later, ...plugins],
    ...options,
  })
  const [output] = Object.values(metafile.outputs)
  const [{ text }] = outputFiles
  const script = await minified(output.imports.length > 0 ? await mergeImports(text) : text)
  const modules = {}
  for (const [path, { bytesInOutput }] of Object.entries(output.inputs))
    if (bytesInOutput > 0 && path !== '<stdin>') modules[path] = bytesInOutput
  const { exports } = output
  return { min: script.length, gzip: gzipSync(script, { level: 9 }).length, modules, exports, script }
}

/** What is imported when it is needed is no part of what a page or an agent loads first. */
const later = {
  name: 'later',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, external: true } : undefined,
    ),
}

/** Merges the imports of each package, as the published files do: esbuild keeps one for every importing file. */
async function mergeImports(code) {
  const module = 'bundle'
  const merging = await rollup({
    input: module,
    treeshake: false,
    onwarn() {},
    external: (id) => id !== module,
    plugins: { resolveId: (id) => (id === module ? id : false), load: () => code },
  })
  const { output } = await merging.generate({ format: 'es' })
  return output[0].code
}

/** A second time: esbuild finds a little more in what it has joined. */
async function minified(code) {
  return (await transform(code, { minify: true, target: 'es2022', legalComments: 'none' })).code
}
