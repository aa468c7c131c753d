import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

const web = join(import.meta.dirname, 'web')

export default defineConfig({
  root: web,
  base: '/',
  resolve: { conditions: ['@rejoin/source', 'browser', 'import', 'module', 'default'] },
  plugins: [react()],
  build: {
    outDir: join(import.meta.dirname, 'dist'),
    emptyOutDir: true,
    target: 'es2022',
    // Everything comes from files of our own: the pages run under a strict Content-Security-Policy.
    assetsInlineLimit: 0,
    // Ably's client and React are most of it.
    chunkSizeWarningLimit: 1500,
    modulePreload: { polyfill: false },
    rolldownOptions: { input: { react: join(web, 'react/index.html') } },
  },
})
