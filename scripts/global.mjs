// The bundles for a <script> tag, and the integrity hashes to put on it.
import { createHash } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'
import { root } from './workspace.mjs'

const bundles = [
  {
    folder: 'core',
    globalName: 'Rejoin',
    source: 'global.ts',
    output: 'rejoin.global.js',
    contains: '',
  },
  {
    folder: 'core',
    globalName: 'Rejoin',
    source: 'globalAll.ts',
    output: 'rejoin.all.global.js',
    contains: ' Contains Ably (Apache-2.0, Ably Real-time Ltd).',
  },
  {
    folder: 'inspector',
    globalName: 'RejoinInspector',
    source: 'global.ts',
    output: 'inspector.global.js',
    contains: '',
  },
]

async function bundle({ folder, globalName, source, output, contains }) {
  const home = join(root, 'packages', folder)
  const { outputFiles } = await build({
    entryPoints: [join(home, 'src', source)],
    outfile: join(home, 'dist', output),
    bundle: true,
    minify: true,
    sourcemap: true,
    write: false,
    format: 'iife',
    globalName,
    platform: 'browser',
    target: 'es2022',
    legalComments: 'none',
    banner: { js: `/*! Rejoin, Apache-2.0.${contains} */` },
    logLevel: 'warning',
  })
  // A page with a strict Content-Security-Policy refuses code made from strings.
  for (const { path, text } of outputFiles)
    if (path.endsWith('.js') && /\beval\(|\bnew Function\b/.test(text))
      throw new Error(`unable to bundle ${source}; it makes code from strings`)
  return outputFiles
}

/** `{ output, min, gzip }` of each, in bytes. */
export function weighScripts() {
  return Promise.all(
    bundles.map(async (wanted) => {
      const { contents } = (await bundle(wanted)).find(({ path }) => path.endsWith('.js'))
      return { output: wanted.output, min: contents.length, gzip: gzipSync(contents, { level: 9 }).length }
    }),
  )
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  for (const wanted of bundles)
    for (const { path, contents } of await bundle(wanted)) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, contents)
      if (!path.endsWith('.js')) continue
      const hash = createHash('sha384').update(contents).digest('base64')
      console.log(`${basename(path)} integrity="sha384-${hash}"`)
    }
