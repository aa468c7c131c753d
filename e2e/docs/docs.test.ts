import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { createRequire } from 'node:module'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { startLocalAbly, type LocalAbly } from '@rejoin/local-ably'
import { Realtime } from 'ably'
import { build } from 'esbuild'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { closeClients } from '../../docs/test/ably.ts'
import { block, blocks, root } from '../../docs/test/blocks.ts'
import { prepare, run, said, startModel } from '../../docs/test/running.ts'
import { useBrowser } from '../stage.ts'

/** The code of the README and of Getting started, pasted into pages in Chromium, with the agents of the same documents. */
const person = useBrowser()
let model: Server
let pageServer: Server
let server: LocalAbly
let html = ''
beforeAll(async () => {
  model = await startModel()
  pageServer = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end(html))
  await new Promise<void>((resolve) => pageServer.listen(0, '127.0.0.1', resolve))
})
afterAll(async () => {
  pageServer.close()
  model.close()
})
beforeEach(async () => {
  server = await startLocalAbly()
  Object.assign(globalThis, { localAbly: server.clientOptions })
})
afterEach(async () => {
  closeClients()
  await server.close()
})

/** Bundles blocks of a page and shows them. */
async function bundled(page: string, names: readonly string[], entry: string): Promise<string> {
  const folder = prepare(
    names.map((name) => block(page, name)),
    `chromium-${names[0]!.replace('.', '-')}-${page.replaceAll(/\W/g, '')}`,
  )
  const result = await build({
    stdin: {
      contents: entry,
      resolveDir: join(folder, page.replaceAll('/', '-').replace('.md', '')),
      loader: 'tsx',
    },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    jsx: 'automatic',
    conditions: ['@rejoin/source'],
    define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
    plugins: [
      {
        name: 'vue',
        setup: ({ onResolve }) =>
          // The blocks are compiled already.
          onResolve({ filter: /\.vue$/ }, ({ path, resolveDir }) => ({
            path: join(resolveDir, `${path}.ts`),
          })),
      },
    ],
  })
  return `<!doctype html><meta charset="utf-8"><div id="app"></div><script>${result.outputFiles[0]!.text.replaceAll('</script', '<\\/script')}</script>`
}

async function open(content: string) {
  html = content
  const { context, complaints } = await person()
  await context.addInitScript(
    (options) => Object.assign(globalThis, { localAbly: options }),
    server.clientOptions,
  )
  await context.route('https://cdn.ably.com/**', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: ablyScript() }),
  )
  await context.route('https://cdn.jsdelivr.net/**', (route) =>
    route.fulfill({ contentType: 'text/javascript', body: rejoinScript() }),
  )
  const page = await context.newPage()
  await page.goto(`http://127.0.0.1:${(pageServer.address() as AddressInfo).port}/`)
  return { page, complaints, close: () => context.close() }
}

function ablyScript(): string {
  const path = createRequire(join(root, 'docs', 'package.json')).resolve('ably')
  return `${readFileSync(join(path, '..', 'ably.min.js'), 'utf8')}
Ably = { ...Ably, Realtime: class extends Ably.Realtime {
  constructor() { super({ ...localAbly, clientId: 'ann' }) }
} }`
}

/** What `pnpm build` made; made here when it was not. */
function rejoinScript(): string {
  const path = join(root, 'packages/core/dist/rejoin.global.js')
  if (!existsSync(path)) spawnSync(process.execPath, [join(root, 'scripts/global.mjs')])
  return readFileSync(path, 'utf8')
}

const mounted = (file: string) => `
  import { createRoot } from 'react-dom/client'
  import { App } from './${file}'
  createRoot(document.getElementById('app')!).render(<App />)`

test('the README: its page and its agent, and a refresh', async () => {
  await run('README.md', 'agent.ts')
  const { page, complaints, close } = await open(
    await bundled('README.md', ['Chat.tsx'], mounted('Chat.tsx')),
  )
  await agentIsThere()
  await page.getByRole('button', { name: 'Ask' }).click()
  const answer = page.getByText(said.join(''))
  await answer.waitFor()
  await page.reload()
  await answer.waitFor()
  expect(await page.getByText('What is a rope?').count()).toBe(1)
  expect(complaints).toEqual([])
  await close()
})

test('useChat over a session, and a refresh', async () => {
  await run('docs/getting-started.md', 'parrot.ts')
  await agentIsThere()
  const entry = `
    import { Suspense } from 'react'
    import { createRoot } from 'react-dom/client'
    import { Chat } from './Chat.tsx'
    createRoot(document.getElementById('app')!).render(<Suspense><Chat /></Suspense>)`
  const { page, complaints, close } = await open(await bundled('docs/ai-sdk.md', ['Chat.tsx'], entry))
  await page.getByRole('button', { name: 'Ask' }).click()
  const answer = page.getByText('You said: What is a rope?')
  await answer.waitFor()
  await page.reload()
  await answer.waitFor()
  expect(await page.getByText('What is a rope?', { exact: true }).count()).toBe(1)
  expect(complaints).toEqual([])
  await close()
})

/** Resolves when the agent is present: before, no agent hears what a page asks. */
async function agentIsThere(): Promise<void> {
  const client = new Realtime({ ...server.clientOptions, logLevel: 0 })
  const { presence } = client.channels.get('ai:chat')
  await new Promise<void>((resolve) => void presence.subscribe(['enter', 'present'], () => resolve()))
  client.close()
}

describe('Getting started', () => {
  const page = 'docs/getting-started.md'
  const fronts: Record<string, () => Promise<string>> = {
    React: () => bundled(page, ['Chat.tsx'], mounted('Chat.tsx')),
    Vue: () => bundled(page, ['main.ts', 'Chat.vue', 'Prompt.vue', 'Answer.vue'], "import './main.ts'"),
    'a script tag': async () => blocks(page).find(({ language }) => language === 'html')!.code,
  }

  test.each(Object.keys(fronts))('%s', async (front) => {
    await run(page, 'parrot.ts')
    await agentIsThere()
    const { page: tab, complaints, close } = await open(await fronts[front]!())
    const question = tab.getByLabel('Your question')
    await question.fill('Hello there')
    await question.press('Enter')
    const answer = tab.getByText('You said: Hello there')
    await answer.waitFor()
    await tab.reload()
    await answer.waitFor()
    expect(await tab.getByText('Hello there', { exact: true }).count()).toBe(1)
    expect(complaints).toEqual([])
    await close()
  })
})
