// @vitest-environment node
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build as bundle } from 'esbuild'
import { build } from 'vite'
import type { Rolldown } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// The README's two examples, built as an app builds them: with the inspector in development, without any of it otherwise.

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8')
/** The code block of the README that contains a text. */
const example = (text: string) =>
  [...readme.matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!).find((code) => code.includes(text))!

const conditions = ['@rejoin/source', 'browser', 'import', 'module', 'default']
let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(import.meta.dirname, '.production-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function withVite(mode: 'development' | 'production'): Promise<string> {
  const entry = join(folder, 'main.ts')
  writeFileSync(entry, example('import.meta.env.DEV'))
  const before = process.env.NODE_ENV
  process.env.NODE_ENV = mode
  try {
    const { output } = (await build({
      configFile: false,
      root: folder,
      mode,
      logLevel: 'error',
      resolve: { conditions },
      build: { write: false, rolldownOptions: { input: entry } },
    })) as Rolldown.RolldownOutput
    return output.map((file) => (file.type === 'chunk' ? file.code : '')).join('\n')
  } finally {
    process.env.NODE_ENV = before
  }
}

async function withEsbuild(mode: 'development' | 'production'): Promise<string> {
  const { outputFiles } = await bundle({
    stdin: {
      contents: example('process.env.NODE_ENV'),
      resolveDir: import.meta.dirname,
      loader: 'ts',
    },
    bundle: true,
    minify: true,
    splitting: true,
    write: false,
    format: 'esm',
    outdir: folder,
    conditions,
    define: {
      'process.env.NODE_ENV': JSON.stringify(mode),
      global: 'globalThis',
    },
  })
  return outputFiles.map(({ text }) => text).join('\n')
}

describe.each([
  ['import.meta.env.DEV, with Vite', withVite],
  ['process.env.NODE_ENV, with esbuild', withEsbuild],
])('%s', (_, built) => {
  test('a build for development has the inspector', async () => {
    expect(await built('development')).toContain('rejoin-inspector')
  })

  test('a build for production has none of it', async () => {
    const code = await built('production')
    expect(code).toContain('unable to')
    expect(code).not.toMatch(/inspector/i)
  })
})
