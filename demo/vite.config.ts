import { readFileSync } from 'node:fs'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress } from 'node:zlib'
import react from '@vitejs/plugin-react'
import vue from '@vitejs/plugin-vue'
import { build } from 'esbuild'
import { defineConfig, type Plugin } from 'vite'

const web = join(import.meta.dirname, 'web')

/** The files that the script page's two tags name: Ably's own bundle, and ours. */
function scriptTags(): Plugin {
  return {
    name: 'script-tags',
    apply: 'build',
    async generateBundle() {
      const ably = join(import.meta.dirname, 'node_modules', 'ably', 'build', 'ably.min.js')
      this.emitFile({ type: 'asset', fileName: 'ably.min.js', source: readFileSync(ably) })
      const { outputFiles } = await build({
        entryPoints: [join(import.meta.dirname, '..', 'packages', 'core', 'src', 'global.ts')],
        bundle: true,
        minify: true,
        write: false,
        format: 'iife',
        globalName: 'Rejoin',
        target: 'es2022',
      })
      this.emitFile({ type: 'asset', fileName: 'rejoin.global.js', source: outputFiles[0]!.contents })
    },
  }
}

/**
 * Asks the browser to compile all functions of what a page needs at once, on another thread, while it loads. Without it,
 * a phone compiles each at its first call: in the middle of the first message, and of the first answer.
 */
function compileHints(): Plugin {
  return {
    name: 'compile-hints',
    apply: 'build',
    enforce: 'post',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const file of Object.values(bundle)) {
          const atOnce = file.type === 'chunk' && !file.isDynamicEntry
          // It counts in the first line only.
          if (atOnce) file.code = `//# allFunctionsCalledOnLoad\n${file.code}`
        }
      },
    },
  }
}

/** What the pages show before their scripts run: the same for all. */
function firstPaint(): Plugin {
  const shell = join(web, 'common', 'shell', 'shell.html')
  return {
    name: 'first-paint',
    transformIndexHtml: {
      order: 'pre',
      handler: (html) => html.replace('<div id="app"></div>', () => readFileSync(shell, 'utf8').trim()),
    },
  }
}

/** Compresses the built files as small as possible, which would take too long for a request. */
function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async writeBundle({ dir }) {
      const files = await readdir(dir!, { recursive: true })
      await Promise.all(
        files
          .filter((file) => /\.(?:html|js|css|svg)$/.test(file))
          .map(async (file) => {
            const path = join(dir!, file)
            await writeFile(`${path}.br`, await promisify(brotliCompress)(await readFile(path)))
          }),
      )
    },
  }
}

export default defineConfig({
  root: web,
  base: '/',
  resolve: {
    conditions: ['@rejoin/source', 'browser', 'import', 'module', 'default'],
    // What the Markdown parser would bring, and browsers have.
    alias: [
      // Its sources, without the packages of TeX that its bundle has.
      { find: /^temml$/, replacement: 'temml/temml.js' },
      ...['entities', 'linkify-it', 'mdurl', 'punycode', 'uc.micro'].map((name) => ({
        find: new RegExp(`^${name}(?:\\.js)?$`),
        replacement: join(web, 'common', 'markdown', 'without', `${name}.ts`),
      })),
    ],
  },
  plugins: [react(), vue(), firstPaint(), scriptTags(), compileHints(), compressed()],
  // Its languages are files of their own.
  worker: { format: 'es' },
  build: {
    outDir: join(import.meta.dirname, 'dist'),
    emptyOutDir: true,
    target: 'es2022',
    // Everything comes from files of our own: the pages run under a strict Content-Security-Policy.
    assetsInlineLimit: 0,
    // Most of it is Ably's client and React.
    chunkSizeWarningLimit: 1500,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: Object.fromEntries(
        ['react', 'vue', 'script'].map((front) => [front, join(web, front, 'index.html')]),
      ),
    },
  },
})
