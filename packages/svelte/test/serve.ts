import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build } from 'vite'
import type { Rolldown } from 'vite'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import type { Session } from '@rejoin/core'
import type { ViewName, ViewProps } from '../../core/test/bindings/host.ts'

type Serving = { serve(view: ViewName, props: ViewProps, session: Session | undefined): string }
let serving: Promise<Serving> | undefined

/** What a server sends for a view. */
export async function serve(view: ViewName, props: ViewProps, session: Session | undefined): Promise<string> {
  return (await (serving ??= built())).serve(view, props, session)
}

/** The views as a server has them: compiled for it, unlike those of this page. */
async function built(): Promise<Serving> {
  const { output } = (await build({
    configFile: false,
    root: import.meta.dirname,
    logLevel: 'silent',
    plugins: [svelte({ configFile: false })],
    ssr: {
      noExternal: true,
      external: ['ably'],
      resolve: { conditions: ['@rejoin/source', 'node', 'import', 'module', 'default'] },
    },
    build: { ssr: join(import.meta.dirname, 'server.ts'), write: false, minify: false },
  })) as Rolldown.RolldownOutput
  const folder = await mkdtemp(join(import.meta.dirname, '../node_modules/.server-'))
  for (const file of output)
    if (file.type === 'chunk') await writeFile(join(folder, file.fileName.replace(/.*\//, '')), file.code)
  try {
    return (await import(/* @vite-ignore */ join(folder, 'server.js'))) as Serving
  } finally {
    await rm(folder, { recursive: true })
  }
}
