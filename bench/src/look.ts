import { chromium, type Page } from 'playwright-core'
// @ts-ignore
import { ensureChromium } from '../../scripts/chromium.mjs'
import { png, pdf } from '../../demo/test/samples.ts'
const url = process.env.URL ?? 'http://localhost:4100'
const browser = await chromium.launch({ executablePath: ensureChromium(), args: ['--no-sandbox', '--disable-gpu'] })
const only = process.env.ONLY?.split(',')
const jobs: [string, object, (page: Page, shot: (n: string) => Promise<void>) => Promise<void>, string?][] = []
const ask = async (page: Page, t: string) => { await page.getByRole('textbox', { name: 'Your message' }).fill(t); await page.keyboard.press('Enter') }
const done = (page: Page, n: number) => page.waitForFunction((n) => [...document.querySelectorAll('.answer')].filter(a => a.getAttribute('data-status') !== 'streaming').length >= n, n, { timeout: 60000 })
const desk = { viewport: { width: 1280, height: 860 } }, phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, deviceScaleFactor: 2 }
for (const [size, o] of [['1280', desk], ['390', phone]] as const) for (const colorScheme of ['light', 'dark'] as const) {
  jobs.push([`${size}-${colorScheme}`, { ...o, colorScheme }, async (page, shot) => {
    await shot('empty')
    await ask(page, 'How far does a lighthouse shine?'); await done(page, 1); await page.waitForTimeout(800); await shot('formulas')
    await page.locator('.scroll').evaluate(s => s.scrollTo(0, 0)); await page.waitForTimeout(300); await shot('formulas-top')
    await ask(page, 'How does this page survive a refresh?'); await done(page, 2); await page.waitForTimeout(500); await shot('markdown')
    await ask(page, 'Book a table for two tonight'); await page.locator('.card.asks').waitFor(); await page.waitForTimeout(300); await shot('approval')
    await page.getByRole('button', { name: 'Approve' }).click(); await done(page, 3)
    await page.locator('.composer input[type=file]').setInputFiles([{ name: 'cat.png', mimeType: 'image/png', buffer: Buffer.from(png(64, 48)) }, { name: 'a paper with quite a long name for a file.pdf', mimeType: 'application/pdf', buffer: Buffer.from(pdf(2)) }])
    await page.waitForTimeout(400); await shot('tray')
    await ask(page, 'What is this?'); await done(page, 4); await page.waitForTimeout(500); await shot('attachments')
    if (size === '390') {
      await page.getByRole('button', { name: 'Conversations' }).click(); await page.waitForTimeout(400); await shot('drawer')
      await page.keyboard.press('Escape'); await page.getByRole('button', { name: 'Break it', exact: true }).click(); await page.waitForTimeout(400); await shot('panel')
    }
  }])
}
jobs.push(['error-1280', desk, async (page, shot) => { await page.goto(`${url}/react/none`); await page.waitForTimeout(800); await shot('none') }])
jobs.push(['error-390', phone, async (page, shot) => { await page.goto(`${url}/react/none`); await page.waitForTimeout(800); await shot('none') }])
for (const front of ['react', 'vue', 'script']) jobs.push([`killed-${front}`, front === 'react' ? desk : phone, async (page, shot) => {
  await ask(page, 'Tell me a long story about a lighthouse'); await page.waitForTimeout(500)
  if (front !== 'react') await page.getByRole('button', { name: 'Break it', exact: true }).click()
  await page.getByRole('button', { name: /Kill the agent/ }).first().click()
  if (front !== 'react') await page.keyboard.press('Escape')
  await page.waitForTimeout(5200); await shot('killed'); await page.waitForTimeout(9000); await shot('back') }, front])
jobs.push(['zoom', { viewport: { width: 640, height: 430 }, deviceScaleFactor: 2 }, async (page, shot) => { await shot('empty'); await ask(page, 'How far does a lighthouse shine?'); await done(page, 1); await page.waitForTimeout(600); await shot('formulas') }])
jobs.push(['focus', desk, async (page, shot) => { await ask(page, 'How does this page survive a refresh?'); await done(page, 1); for (let i = 0; i < 7; i++) { await page.keyboard.press('Shift+Tab') } await shot('a'); for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+Tab'); await shot('b') }])
for (const [name, o, run, front = 'react'] of jobs) {
  if (only && !only.some(x => name.startsWith(x))) continue
  const context = await browser.newContext({ reducedMotion: 'reduce', extraHTTPHeaders: {}, ...o })
  const page = await context.newPage()
  page.on('pageerror', e => console.log(name, 'ERROR', String(e)))
  page.on('console', m => m.type() === 'error' && console.log(name, 'console', m.text()))
  try {
    await page.goto(`${url}/${front}/`); await page.waitForSelector('[data-hydrated=true]')
    await run(page, async (n) => { await page.screenshot({ path: `/tmp/looks/${name}-${n}.png` }) })
  } catch (e) { console.log(name, String(e).slice(0, 300)); await page.screenshot({ path: `/tmp/looks/${name}-FAILED.png` }) }
  await context.close()
}
await browser.close()
