import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { patience } from '../packages/core/test/patience.ts'
// @ts-expect-error: plain JavaScript, shared with the scripts.
import { ensureChromium } from '../scripts/chromium.mjs'

const folder = join(dirname(fileURLToPath(import.meta.url)), 'screenshots')

/**
 * What Chromium itself reports: requests and sockets that fail, which these tests make fail on purpose; and zod, of the
 * AI SDK, which tries whether it may evaluate strings. The pages' policy refuses that.
 */
const expected =
  /^(Failed to load resource|WebSocket connection to| Note that 'script-src' was not explicitly set)/

export async function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: (ensureChromium as () => string)(),
    // It leaves files behind; setup.ts takes them away.
    env: { ...process.env, TMPDIR: process.env.E2E_TEMPORARY },
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-dev-shm-usage'],
  })
}

let people = 0

/** A person with a browser profile of their own: cookies are not shared. */
export async function person(
  browser: Browser,
  {
    format = 'source',
    ...options
  }: Parameters<Browser['newContext']>[0] & { format?: 'source' | 'rendered' } = {},
) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 860 },
    reducedMotion: 'reduce',
    // For demos that trust a proxy: each person comes from an address of their own.
    extraHTTPHeaders: { 'x-forwarded-for': `10.0.${Math.trunc(++people / 250)}.${people % 250}` },
    ...options,
  })
  context.setDefaultTimeout(patience)
  // What the model wrote is compared character for character: Markdown would hide some of them.
  if (format === 'source')
    await context.addInitScript(() => {
      if (location.protocol === 'http:') localStorage.setItem('rejoin-format', 'source')
    })
  const complaints: string[] = []
  context.on('page', (page) => {
    page.on('pageerror', (error) => complaints.push(String(error.stack ?? error)))
    page.on('console', (message) => {
      if (message.type() !== 'error') return
      const text = message.text()
      if (!expected.test(text)) complaints.push(text)
    })
  })
  return { context, complaints }
}

/** A picture for people to look at, if they ask for them: `SCREENSHOTS=1`. */
export async function screenshot(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS) await keepPicture(page, name)
}

export async function keepPicture(page: Page, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true })
  await page.screenshot({ path: join(folder, `${name.replaceAll(/[^\w-]+/g, '-').slice(0, 100)}.png`) })
}

export type { Browser, BrowserContext, Page }
