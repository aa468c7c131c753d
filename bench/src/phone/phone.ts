import { chromium, type Browser, type Page } from 'playwright-core'
// @ts-expect-error: plain JavaScript, shared with the scripts.
import { ensureChromium } from '../../../scripts/chromium.mjs'
import { startDemo } from '../../../e2e/demo.ts'
import type { Report } from '../report.ts'
import { startModelServer } from './modelServer.ts'
import { tasksOf, type Task } from './tasks.ts'
import { texts } from './texts.ts'

/** How many times slower the machine is made. */
const THROTTLE = 6
/** Characters per second of each answer. */
const SPEED = 240
const CATEGORIES = ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'v8']

/** The demo on a phone: what its main thread does while three long answers stream at once. */
export async function measurePhone(report: Report, isQuick: boolean): Promise<void> {
  const model = await startModelServer(texts, SPEED)
  const demo = await startDemo({ OPENAI_API_KEY: 'none', OPENAI_BASE_URL: model.url, TRUST_PROXY: '1' })
  const browser = await chromium.launch({
    executablePath: (ensureChromium as () => string)(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
  try {
    for (const front of isQuick ? ['react'] : ['react', 'vue', 'script'])
      await measureFront(report, browser, `${demo.url}/${front}/`, front)
  } finally {
    await browser.close()
    await demo.stop()
    model.close()
  }
}

async function measureFront(report: Report, browser: Browser, url: string, front: string): Promise<void> {
  const context = await browser.newContext({
    viewport: { width: 390, height: 844 },
    isMobile: true,
    hasTouch: true,
  })
  const page = await context.newPage()
  await page.addInitScript(watch)
  const session = await context.newCDPSession(page)
  await session.send('Emulation.setCPUThrottlingRate', { rate: THROTTLE })
  await page.goto(url)
  await page.waitForSelector('[data-hydrated=true]')
  await browser.startTracing(page, { categories: CATEGORIES })
  for (const prompt of texts.keys()) await ask(page, String(prompt))
  await page.waitForFunction(
    (count) => document.querySelectorAll('.answer[data-status=complete]').length === count,
    texts.length,
    { timeout: 300_000, polling: 1000 },
  )
  const trace = await browser.stopTracing()
  const seen = await page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen)
  await context.close()
  tell(report, front, tasksOf(trace), seen)
}

async function ask(page: Page, prompt: string): Promise<void> {
  await page.getByRole('textbox', { name: 'Your message' }).fill(prompt)
  await page.keyboard.press('Enter')
}

/** What the page itself sees. */
interface Seen {
  /** Layout shifts that no touch or key has caused: when, in milliseconds, and how much. */
  shifts: { at: number; value: number }[]
  /** Milliseconds until something shows. */
  firstContent: number
  /** Animation frames that took longer than 50 ms: how long, in milliseconds. */
  longFrames: number[]
}

/** Adds to what the page sees, from its beginning. */
function watch(): void {
  const seen: Seen = { shifts: [], firstContent: 0, longFrames: [] }
  Object.assign(globalThis, { seen })
  const observe = (type: string, see: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(see)).observe({ type, buffered: true })
  observe('layout-shift', (entry) => {
    const { value, hadRecentInput } = entry as PerformanceEntry & { value: number; hadRecentInput: boolean }
    if (!hadRecentInput) seen.shifts.push({ at: entry.startTime, value })
  })
  observe('paint', ({ name, startTime }) => {
    if (name === 'first-contentful-paint') seen.firstContent = startTime
  })
  observe('long-animation-frame', ({ duration }) => void seen.longFrames.push(duration))
}

function tell(report: Report, front: string, tasks: Task[], seen: Seen): void {
  const sorted = tasks.toSorted((one, other) => other.cpu - one.cpu)
  const longest = sorted[0]!.cpu
  const section = `The demo on a phone: CPU throttled ${THROTTLE} times, three answers of ${texts[0]!.length} characters at ${SPEED} a second`
  const add = (name: string, unit: string, value: number) =>
    report.add({ section, name, column: front, unit, value })
  add('longest task, CPU time', 'ms', longest)
  for (const least of [50, 75, 100])
    add(`tasks of ${least} ms of CPU time and more`, '', sorted.filter(({ cpu }) => cpu >= least).length)
  add(
    'main thread busy, CPU time',
    'ms',
    tasks.reduce((sum, { cpu }) => sum + cpu, 0),
  )
  add('longest frame, on this machine as it was', 'ms', Math.max(0, ...seen.longFrames))
  add('cumulative layout shift, in thousandths', '', cumulative(seen.shifts) * 1000)
  add('something shows after', 'ms', seen.firstContent)
  for (const task of sorted.slice(0, 5)) console.error(`    ${described(task)}`)
  report.aim({
    what: `The demo in ${front} on a phone, CPU ÷ ${THROTTLE}, three long answers at once: longest task, CPU time`,
    ours: `${longest.toFixed(0)} ms`,
    aim: '< 100 ms',
    reached: longest < 100,
  })
}

/** The worst that came together: https://web.dev/articles/cls. */
function cumulative(shifts: Seen['shifts']): number {
  let [worst, sum, from, last] = [0, 0, 0, -Infinity]
  for (const { at, value } of shifts) {
    const together = at - last < 1000 && at - from < 5000
    ;[sum, from] = together ? [sum + value, from] : [value, at]
    last = at
    worst = Math.max(worst, sum)
  }
  return worst
}

/** A task and its parts, for a developer who wants to shorten it. */
function described({ cpu, at, parts }: Task): string {
  const named = [...parts].sort((one, other) => other[1] - one[1]).filter(([, time]) => time >= 1)
  const list = named.map(([name, time]) => `${name} ${time.toFixed(0)}`).join(', ')
  return `${cpu.toFixed(0)} ms after ${(at / 1000).toFixed(1)} s: ${list}`
}
