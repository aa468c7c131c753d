import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { build } from 'vite'
import type { Plugin, Rolldown } from 'vite'

export interface Pages {
  url: string
  close(): void
}

/**
 * Builds a page for each script of these names, with the development builds of the frameworks, which complain; and
 * serves them from memory, with `more` files beside them. `body`: what a page has before its script runs.
 */
export async function servePages(
  root = import.meta.dirname,
  names: readonly string[] = ['react', 'vue', 'svelte'],
  { body = () => '', more = {} }: { body?: (name: string) => string; more?: Record<string, string> } = {},
): Promise<Pages> {
  const pages = new Map(names.map((name) => [join(root, `${name}.html`), pageOf(name, body(name))]))
  const { output } = (await build({
    configFile: false,
    root,
    mode: 'development',
    logLevel: 'warn',
    plugins: [svelte({ configFile: false }), made(pages)],
    define: {
      'process.env.NODE_ENV': '"development"',
      __VUE_OPTIONS_API__: 'true',
      __VUE_PROD_DEVTOOLS__: 'false',
      __VUE_PROD_HYDRATION_MISMATCH_DETAILS__: 'true',
    },
    resolve: { conditions: ['@rejoin/source', 'browser', 'import', 'module', 'default'] },
    build: {
      write: false,
      minify: false,
      target: 'es2022',
      chunkSizeWarningLimit: 10_000,
      rolldownOptions: {
        input: [...pages.keys()],
        // 'use client' is for bundlers of servers' pages.
        onLog: (level, log, handler) => log.code !== 'MODULE_LEVEL_DIRECTIVE' && handler(level, log),
      },
    },
  })) as Rolldown.RolldownOutput
  const files = new Map<string, string | Uint8Array>([
    ...output.map((file) => [`/${file.fileName}`, file.type === 'chunk' ? file.code : file.source] as const),
    ...Object.entries(more),
  ])
  const server = createServer(({ url = '/' }, response) => {
    const path = new URL(url, 'http://localhost').pathname
    const file = files.get(path)
    response.writeHead(file === undefined ? 404 : 200, {
      'content-type': path.endsWith('.html') ? 'text/html' : 'text/javascript',
      // Strict for scripts. The views of the scenarios have style attributes and pictures of their own.
      'content-security-policy':
        "default-src 'self'; connect-src *; img-src 'self' data:; style-src 'self' 'unsafe-inline'",
    })
    response.end(file)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => void server.close(),
  }
}

const pageOf = (name: string, body: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width" />
    <meta name="color-scheme" content="light dark" />
    <title>${name}</title>
    <link rel="icon" href="data:," />
  </head>
  <body>
    ${body}
    <script type="module" src="./${name}.ts"></script>
  </body>
</html>
`

/** Files that are not on the disk. */
function made(files: ReadonlyMap<string, string>): Plugin {
  return {
    name: 'made',
    enforce: 'pre',
    resolveId: (id) => (files.has(id) ? id : undefined),
    load: (id) => files.get(id),
  }
}
