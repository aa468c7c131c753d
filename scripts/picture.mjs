// `node scripts/picture.mjs`: takes docs/demo.png, the demo while an answer has a gap, as its reader sees it.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ensureChromium } from './chromium.mjs'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { chromium } = createRequire(join(root, 'e2e', 'package.json'))('playwright-core')
const data = mkdtempSync(join(tmpdir(), 'rejoin-picture-'))

const demo = spawn(process.execPath, [join(root, 'scripts', 'demo.mjs')], {
  cwd: root,
  // Without the recordings, the picture is the same on every machine.
  env: { ...process.env, PORT: '0', DEMO_DATA: data, DEMO_RECORDINGS: '/none' },
  stdio: ['ignore', 'pipe', 'inherit'],
})
const url = await new Promise((resolve, reject) => {
  let printed = ''
  demo.stdout.on('data', (chunk) => {
    printed += chunk
    const found = /https?:\/\/[\w.-]+:\d+/.exec(printed)
    if (found) resolve(found[0])
  })
  demo.on('exit', () => reject(new Error(`unable to start the demo; it printed:\n${printed}`)))
})

const browser = await chromium.launch({ executablePath: ensureChromium(), args: ['--no-sandbox'] })
try {
  const page = await browser.newPage({
    viewport: { width: 1280, height: 800 },
    reducedMotion: 'reduce',
    colorScheme: 'light',
  })
  page.setDefaultTimeout(120_000)
  await page.goto(`${url}/react/`)
  await page.waitForSelector('[data-hydrated=true]')
  await page.getByRole('textbox', { name: 'Your message' }).fill('How does this page survive a refresh?')
  await page.keyboard.press('Enter')
  await page.locator('.answer li').nth(3).waitFor()
  await page.locator('[data-fault=lose]').click()
  await page.locator('.answer [data-gap]').waitFor()
  await page.screenshot({ path: join(root, 'docs', 'demo.png') })
} finally {
  await browser.close()
  demo.removeAllListeners('exit')
  demo.kill('SIGTERM')
  await new Promise((resolve) => demo.on('exit', resolve))
  rmSync(data, { recursive: true, force: true })
}
