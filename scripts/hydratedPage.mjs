// Checks a consumer's page that begins with rows: what its server sends, what a person sees first, and that it goes on.
import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { ensureChromium } from './chromium.mjs'
import { freePort, reachable } from './programs.mjs'
import { root } from './workspace.mjs'

const { chromium } = createRequire(join(root, 'e2e', 'package.json'))('playwright-core')

/**
 * Runs a server whose page `/rows` shows the row `r1`, "An old answer", and the live messages of the channel `ai:rows`,
 * on the local Ably whose port the page's address names.
 */
export async function checkRowsPage({ Realtime, startLocalAbly }, args) {
  const [ably, port] = await Promise.all([startLocalAbly({ port: 0 }), freePort()])
  const agent = new Realtime({ ...ably.clientOptions, clientId: 'agent', logLevel: 0 })
  const env = { ...process.env, PORT: String(port), HOST: '127.0.0.1' }
  const server = spawn(process.execPath, args, { env, stdio: 'inherit' })
  const browser = await chromium.launch({
    executablePath: ensureChromium(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-dev-shm-usage'],
    timeout: 120_000,
  })
  try {
    const url = `http://127.0.0.1:${port}/rows?ably=${ably.clientOptions.port}`
    await reachable(url)
    const html = await (await fetch(url)).text()
    if (!/data-row="?r1"?[^>]*>(<!--.*?-->)*An old answer/.test(html))
      throw new Error(`unable to find the answer in the page; it is ${html}`)
    console.log('seen: the answer of a row in the HTML of a server')
    const page = await browser.newPage()
    const complaints = []
    page.on('pageerror', (error) => complaints.push(String(error)))
    page.on('console', (message) => {
      if (!['error', 'warning'].includes(message.type()) || message.location().url.endsWith('/favicon.ico'))
        return
      complaints.push(message.text())
    })
    await page.addInitScript(() => {
      document.addEventListener('DOMContentLoaded', () => {
        globalThis.first = document.querySelector('[data-row=r1]')
        globalThis.sawFirst = globalThis.first?.textContent
        globalThis.gone = false
        new MutationObserver(() => (globalThis.gone ||= !globalThis.first.isConnected)).observe(document, {
          childList: true,
          subtree: true,
        })
      })
    })
    await page.goto(url)
    const message = { name: 'response-complete', data: 'A new answer' }
    await agent.channels.get('ai:rows').publish({ ...message, extras: { headers: { responseId: 'r2' } } })
    await page
      .locator('[data-row=r2]', { hasText: 'A new answer' })
      .waitFor({ timeout: 120_000 })
      .catch(async (error) => {
        throw new Error(`${error.message}; ${JSON.stringify(complaints)}; ${await page.content()}`)
      })
    const seen = await page.evaluate(() => ({
      sawFirst: globalThis.sawFirst,
      gone: globalThis.gone,
      shown: document.querySelector('[data-row=r1]')?.textContent,
    }))
    const wanted = { sawFirst: 'An old answer', gone: false, shown: 'An old answer' }
    if (JSON.stringify(seen) !== JSON.stringify(wanted) || complaints.length)
      throw new Error(`unable to go on from the rows; seen: ${JSON.stringify({ seen, complaints })}`)
    console.log('seen: in Chromium, the row first, the same element still there, and a live answer below it')
  } finally {
    await browser.close()
    agent.close()
    server.kill()
    await ably.close()
  }
}
