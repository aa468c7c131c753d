import { createAgent } from '@rejoin/agent'
import { startLocalAbly } from '@rejoin/local-ably'
import * as Ably from 'ably'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { chromium } from 'playwright-core'
// @ts-expect-error: plain JavaScript, shared with the scripts.
import { ensureChromium } from '../../scripts/chromium.mjs'
import { makeTokens } from '../../packages/core/test/model/deliveries.ts'
import type { BrowserPage } from './browserPage.ts'
import { median } from './interleave.ts'
import type { Report } from './report.ts'

const SECONDS = 5
/** Milliseconds between two tokens of a response. */
const PACE = 20
const ROWS = 1_000
const THROTTLE = 4

/** Runs a function in the page, where `page` is what browserPage.ts put there. */
function call<V>(tab: Page, use: (page: BrowserPage) => V | Promise<V>): Promise<V> {
  return tab.evaluate<V>(`(${use.toString()})(window.page)`)
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** In Chromium: from the agent's publish to the pixel, and long tasks on a slow machine. */
export async function measureBrowser(report: Report): Promise<void> {
  const script = await bundlePage()
  // A page without an address has the origin null.
  const ably = await startLocalAbly({ port: 0, origins: ['null'] })
  const agentClient = new Ably.Realtime({ ...ably.clientOptions, clientId: 'agent', logLevel: 0 })
  const browser = await chromium.launch({
    executablePath: (ensureChromium as () => string)(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
  const options = JSON.stringify({ ...ably.clientOptions, clientId: 'reader' })
  /** A page with `rows`, ready for responses on `channelName`. */
  const open = async (channelName: string, rows: number) => {
    const tab = await browser.newPage()
    await tab.setContent('<!doctype html><title>Bench</title>')
    await tab.addScriptTag({ content: script })
    await tab.evaluate(`page.showChannel(${options}, '${channelName}', ${rows})`)
    return tab
  }
  try {
    await measureLatency(report, await open('ai:pixel', 10), agentClient)
    await measureTasks(report, await open('ai:tasks', ROWS), agentClient)
    const tab = await browser.newPage()
    await tab.setContent('<!doctype html><title>Bench</title>')
    await tab.addScriptTag({ content: script })
    await measureUseChat(report, tab)
  } finally {
    await browser.close()
    agentClient.close()
    await ably.close()
  }
}

async function bundlePage(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [new URL('browserPage.ts', import.meta.url).pathname],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    conditions: ['@rejoin/source'],
    define: { 'process.env.NODE_ENV': '"production"' },
    logLevel: 'error',
  })
  return outputFiles[0]!.text
}

/** The agent writes the time into the text; the page looks after each frame which times it shows. */
async function measureLatency(report: Report, tab: Page, client: Ably.Realtime): Promise<void> {
  const response = createAgent({ client, channelName: 'ai:pixel' }).respond({ responseId: 'r0' })
  for (let i = 0; i < (SECONDS * 1_000) / PACE; i++) {
    response.append(`${(performance.timeOrigin + performance.now()).toFixed(2)} `)
    await pause(PACE)
  }
  await response.end()
  await pause(200)
  const { rejoin, bare } = await call(tab, (page) => page.latencies())
  const figure = {
    section: 'Chromium: from publish to pixel',
    column: `a token every ${PACE} ms`,
    unit: 'ms',
  }
  report.add({ ...figure, name: 'Rejoin in React, median', value: median(rejoin), floor: median(bare) })
  const late = (times: number[]) => times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)]!
  report.add({ ...figure, name: 'Rejoin in React, 95 of 100', value: late(rejoin), floor: late(bare) })
  await tab.close()
}

/** Three responses at once, on a machine that is four times slower. */
async function measureTasks(report: Report, tab: Page, client: Ably.Realtime): Promise<void> {
  const agent = createAgent({ client, channelName: 'ai:tasks' })
  const session = await slow(tab)
  const before = await busy(session)
  const tokens = makeTokens((SECONDS * 1_000) / PACE)
  await Promise.all(
    ['r0', 'r1', 'r2'].map(async (responseId) => {
      const response = agent.respond({ responseId })
      for (const token of tokens) {
        response.append(token)
        await pause(PACE)
      }
      await response.end()
    }),
  )
  await pause(500)
  const name = 'Rejoin in React, three responses'
  await reportTasks(report, tab, { name, busy: (await busy(session)) - before })
  await tab.close()
}

/** As many tokens into the one response that `useChat` can show. */
async function measureUseChat(report: Report, tab: Page): Promise<void> {
  await tab.evaluate(`page.showUseChat(${ROWS}, ${PACE / 3})`)
  const session = await slow(tab)
  const before = await busy(session)
  const tokens = JSON.stringify(makeTokens((3 * SECONDS * 1_000) / PACE))
  await tab.evaluate(`page.streamUseChat(${tokens})`)
  const name = 'one response of as many tokens'
  await reportTasks(report, tab, { name, peer: 'useChat (React)', busy: (await busy(session)) - before })
}

type Devtools = Awaited<ReturnType<ReturnType<Page['context']>['newCDPSession']>>

async function slow(tab: Page): Promise<Devtools> {
  const session = await tab.context().newCDPSession(tab)
  await session.send('Emulation.setCPUThrottlingRate', { rate: THROTTLE })
  await session.send('Performance.enable')
  await pause(500)
  await call(tab, (page) => page.longTasks())
  return session
}

/** Seconds that the page's main thread has been busy. */
async function busy(session: Devtools): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics')
  return metrics.find(({ name }) => name === 'TaskDuration')!.value
}

async function reportTasks(
  report: Report,
  tab: Page,
  { name, peer, busy: seconds }: { name: string; peer?: string; busy: number },
): Promise<void> {
  const tasks = await call(tab, (page) => page.longTasks())
  const figure = {
    section: `Chromium: CPU throttled ${THROTTLE} times, ${ROWS} rows, 150 tokens a second for ${SECONDS} s`,
    column: 'React',
    peer,
  }
  report.add({ ...figure, name: `${name}: main thread busy`, unit: 'ms', value: seconds * 1_000 })
  report.add({ ...figure, name: `${name}: long tasks`, unit: '', value: tasks.length })
  report.add({ ...figure, name: `${name}: longest task`, unit: 'ms', value: Math.max(0, ...tasks) })
}
