import { createAgent } from '@rejoin/agent'
import { startLocalAbly } from '@rejoin/local-ably'
import * as Ably from 'ably'
import { build } from 'esbuild'
import type { Page } from 'playwright-core'
import { chromium } from 'playwright-core'
// @ts-expect-error: plain JavaScript, shared with the scripts.
import { ensureChromium } from '../../scripts/chromium.mjs'
import { makeTokens } from '../../packages/core/test/model/deliveries.ts'
import type { BrowserPage, Shown } from './browserPage.ts'
import { median } from './interleave.ts'
import { times } from './report.ts'
import type { Report } from './report.ts'

/** How long each is watched. */
let seconds = 5
/** Milliseconds between two tokens of a response. */
const PACE = 20
const ROWS = 1_000
/** How many times slower the machine is made. */
const THROTTLES = [4, 6]

/** Runs a function in the page, where `page` is what browserPage.ts put there. */
function call<V>(tab: Page, use: (page: BrowserPage) => V | Promise<V>): Promise<V> {
  return tab.evaluate<V>(`(${use.toString()})(window.page)`)
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** In Chromium: from the agent's publish to the pixel, and long tasks on a slow machine. */
export async function measureBrowser(report: Report, isQuick: boolean): Promise<void> {
  if (isQuick) seconds = 2
  const script = await bundlePage()
  // A page without an address has the origin null.
  const ably = await startLocalAbly({ port: 0, origins: ['null'] })
  const agentClient = new Ably.Realtime({ ...ably.clientOptions, clientId: 'agent', logLevel: 0 })
  const browser = await chromium.launch({
    executablePath: (ensureChromium as () => string)(),
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
  const options = JSON.stringify({ ...ably.clientOptions, clientId: 'reader' })
  const empty = async () => {
    const tab = await browser.newPage()
    await tab.setContent('<!doctype html><title>Bench</title>')
    await tab.addScriptTag({ content: script })
    return tab
  }
  /** A page with `rows`, ready for responses on `channelName`. */
  const open = async (channelName: string, rows: number, shown?: Shown) => {
    const tab = await empty()
    await tab.evaluate(`page.showChannel(${options}, '${channelName}', ${rows}, ${JSON.stringify(shown)})`)
    return tab
  }
  try {
    for (const count of isQuick ? [1, 10] : [1, 10, 100])
      await measureLatency(report, await open(`ai:pixel-${count}`, 10), agentClient, count)
    const useChat = await measureUseChat(report, await empty())
    for (const rate of THROTTLES) {
      const busy = new Map<Shown, number>()
      for (const shown of ['bare', 'rejoin'] as const)
        busy.set(
          shown,
          await measureTasks(report, await open(`ai:tasks-${rate}-${shown}`, ROWS, shown), agentClient, rate),
        )
      const ratio = busy.get('rejoin')! / busy.get('bare')!
      report.aim({
        what: `Chromium, CPU ÷ ${rate}, three answers and ${ROWS} rows: main thread busy, against a bare text node writer`,
        ours: times(ratio),
        // It can show one answer, which gets as many tokens.
        peer: rate === THROTTLES[0] ? `${times(useChat / busy.get('bare')!)} (useChat)` : undefined,
        floor: `${(busy.get('bare')! * 1_000).toFixed(0)} ms`,
        aim: '≤ 1.2 ×',
        reached: ratio <= 1.2,
      })
    }
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
async function measureLatency(
  report: Report,
  tab: Page,
  client: Ably.Realtime,
  count: number,
): Promise<void> {
  const agent = createAgent({ client, channelName: `ai:pixel-${count}` })
  const responses = Array.from({ length: count }, (_, i) => agent.respond({ responseId: `r${i}` }))
  // The first one is looked at. The others share what a connection may publish in a second.
  const others = responses.slice(1)
  const together = Math.max(1, others.length / 10)
  for (let i = 0; i < (seconds * 1_000) / PACE; i++) {
    responses[0]!.append(`${(performance.timeOrigin + performance.now()).toFixed(2)} `)
    for (let j = 0; j < together; j++) others[(i * together + j) % (others.length || 1)]?.append(' word')
    await pause(PACE)
  }
  await Promise.all(responses.map((response) => response.end()))
  await pause(200)
  const { rejoin, bare } = await call(tab, (page) => page.latencies())
  const open = `${count} open response${count > 1 ? 's' : ''}`
  const figure = {
    section: 'Chromium: from publish to pixel',
    column: `${open}, a token every ${PACE} ms`,
    unit: 'ms',
  }
  const [value, floor] = [median(rejoin), median(bare)]
  report.add({ ...figure, name: 'Rejoin in React, median', value, floor })
  const late = (times: number[]) => times.sort((a, b) => a - b)[Math.floor(times.length * 0.95)]!
  report.add({ ...figure, name: 'Rejoin in React, 95 of 100', value: late(rejoin), floor: late(bare) })
  report.aim({
    what: `Chromium: from publish to pixel, ${open}, median, beside bare SDK calls`,
    ours: `${value.toFixed(1)} ms`,
    floor: `${floor.toFixed(1)} ms`,
    aim: 'within a frame',
    reached: value - floor <= 1_000 / 60,
  })
  await tab.close()
}

/** Three responses at once, on a machine that is slower. Returns the seconds that the main thread was busy. */
async function measureTasks(report: Report, tab: Page, client: Ably.Realtime, rate: number): Promise<number> {
  const shown = await call(tab, (page) => page.shown())
  const agent = createAgent({ client, channelName: `ai:tasks-${rate}-${shown}` })
  const session = await slow(tab, rate)
  const before = await busy(session)
  const tokens = makeTokens((seconds * 1_000) / PACE)
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
  const name = `${shown === 'bare' ? 'a bare text node writer' : 'Rejoin in React'}, three responses`
  const took = (await busy(session)) - before
  await reportTasks(report, tab, { name, busy: took, rate })
  await tab.close()
  return took
}

/** As many tokens into the one response that `useChat` can show. */
async function measureUseChat(report: Report, tab: Page): Promise<number> {
  await tab.evaluate(`page.showUseChat(${ROWS}, ${PACE / 3})`)
  const [rate] = THROTTLES as [number]
  const session = await slow(tab, rate)
  const before = await busy(session)
  const tokens = JSON.stringify(makeTokens((3 * seconds * 1_000) / PACE))
  await tab.evaluate(`page.streamUseChat(${tokens})`)
  const name = 'one response of as many tokens'
  const took = (await busy(session)) - before
  await reportTasks(report, tab, { name, peer: 'useChat (React)', busy: took, rate })
  await tab.close()
  return took
}

type Devtools = Awaited<ReturnType<ReturnType<Page['context']>['newCDPSession']>>

async function slow(tab: Page, rate: number): Promise<Devtools> {
  const session = await tab.context().newCDPSession(tab)
  await session.send('Emulation.setCPUThrottlingRate', { rate })
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
  { name, peer, busy: took, rate }: { name: string; peer?: string; busy: number; rate: number },
): Promise<void> {
  const tasks = await call(tab, (page) => page.longTasks())
  const figure = {
    section: `Chromium: CPU throttled ${rate} times, ${ROWS} rows, 150 tokens a second for ${seconds} s`,
    column: 'React',
    peer,
  }
  report.add({ ...figure, name: `${name}: main thread busy`, unit: 'ms', value: took * 1_000 })
  report.add({ ...figure, name: `${name}: long tasks`, unit: '', value: tasks.length })
  report.add({ ...figure, name: `${name}: longest task`, unit: 'ms', value: Math.max(0, ...tasks) })
}
