import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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

export default defineConfig({
  root: web,
  base: '/',
  resolve: { conditions: ['@rejoin/source', 'browser', 'import', 'module', 'default'] },
  plugins: [react(), vue(), firstPaint(), scriptTags()],
  build: {
    outDir: join(import.meta.dirname, 'dist'),
    emptyOutDir: true,
    target: 'es2022',
    // Everything comes from files of our own: the pages run under a strict Content-Security-Policy.
    assetsInlineLimit: 0,
    // Ably's client and React are most of it.
    chunkSizeWarningLimit: 1500,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: Object.fromEntries(
        ['react', 'vue', 'script'].map((front) => [front, join(web, front, 'index.html')]),
      ),
    },
  },
})
