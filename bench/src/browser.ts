import type { ResponseWriter } from '@rejoin/agent'
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
import { median, quartile } from './interleave.ts'
import { MainThread } from './mainThread.ts'
import type { Work } from './mainThread.ts'
import { times } from './report.ts'
import type { Report } from './report.ts'

/** How long latencies are watched. */
let seconds = 5
/** Milliseconds between two tokens of a response. */
const PACE = 20
const ROWS = 1_000
/** Tokens of a response whose page is looked at for its work. */
const TICKS = 30
/** How many times slower the machine is made. */
const THROTTLES = [4, 6]

/** Runs a function in the page, where `page` is what browserPage.ts put there. */
function call<V>(tab: Page, use: (page: BrowserPage) => V | Promise<V>): Promise<V> {
  return tab.evaluate<V>(`(${use.toString()})(window.page)`)
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

/** In Chromium: from the agent's publish to the pixel, and the main thread's work on a slow machine. */
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
      const busy = await measureMainThread(report, rate, isQuick, open, agentClient)
      const ratioOf = (shown: Shown) => busy.get(shown)! / busy.get('bare')!
      const what = `Chromium, CPU ÷ ${rate}, three answers and ${ROWS} rows: main thread busy, against a bare text node writer`
      report.aim({
        what: `${what}, in React`,
        ours: times(ratioOf('rejoin')),
        // It can show one answer, which gets as many tokens.
        peer: rate === THROTTLES[0] ? `${times(useChat / busy.get('bare')!)} (useChat)` : undefined,
        floor: `${times(ratioOf('react'))} (React alone)`,
        aim: '≤ 1.2 ×',
        reached: ratioOf('rejoin') <= 1.2,
      })
      report.atMost(1.2, `${what}, what was appended to text nodes`, ratioOf('appended'))
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

/** Three responses at once, on a machine that is slower: each shown in a page of its own, which take turns. */
async function measureMainThread(
  report: Report,
  rate: number,
  isQuick: boolean,
  open: (channelName: string, rows: number, shown: Shown) => Promise<Page>,
  client: Ably.Realtime,
): Promise<Map<Shown, number>> {
  const tokens = makeTokens(TICKS)
  const pages = []
  for (const shown of ['bare', 'react', 'appended', 'rejoin'] as const) {
    const channelName = `ai:busy-${rate}-${shown}`
    const thread = await MainThread.of(await open(channelName, ROWS, shown), rate)
    const agent = createAgent({ client, channelName })
    const responses = ['r0', 'r1', 'r2'].map((responseId) => agent.respond({ responseId }))
    pages.push({ shown, thread, responses, samples: [] as Work[] })
  }
  // The first round warms up, and the responses begin in it.
  for (let round = 0; round <= (isQuick ? 4 : 12); round++) {
    for (let i = 0; i < pages.length; i++) {
      const { thread, responses, samples } = pages[(i + round) % pages.length]!
      const work = await thread.watch(() => stream(responses, thread, tokens))
      if (round > 0) samples.push(work)
    }
  }
  const busy = new Map<Shown, number>()
  for (const { shown, thread, responses, samples } of pages) {
    await Promise.all(responses.map((response) => response.end()))
    const tasks = await call(thread.tab, (page) => page.longTasks())
    busy.set(shown, quartile(samples.map((work) => work.busy)))
    const layouts = quartile(samples.map((work) => work.layouts))
    reportWork(report, rate, { name: names[shown], work: { busy: busy.get(shown)!, layouts }, tasks })
    await thread.tab.close()
  }
  return busy
}

const names: Record<Shown, string> = {
  bare: 'a bare text node writer',
  react: 'React alone',
  appended: 'Rejoin, what was appended to text nodes',
  rejoin: 'Rejoin in React',
}

/** Publishes a token into each when the page has shown the last ones, so that all pages show as many frames. */
async function stream(
  responses: readonly ResponseWriter[],
  thread: MainThread,
  tokens: readonly string[],
): Promise<void> {
  for (const token of tokens) {
    for (const response of responses) response.append(token)
    await Promise.all([pause(PACE), thread.shows(responses.length * token.length)])
  }
}

/** As many tokens into the one response that `useChat` can show. Returns the seconds that the main thread was busy. */
async function measureUseChat(report: Report, tab: Page): Promise<number> {
  await tab.evaluate(`page.showUseChat(${ROWS}, ${PACE / 3})`)
  const [rate] = THROTTLES as [number]
  const thread = await MainThread.of(tab, rate)
  const tokens = JSON.stringify(makeTokens(3 * TICKS))
  const streamOne = () => tab.evaluate(`page.streamUseChat(${tokens})`)
  // Warm up, as the others.
  await streamOne()
  const work = await thread.watch(streamOne)
  const tasks = await call(tab, (page) => page.longTasks())
  reportWork(report, rate, { name: 'as many tokens into one response', peer: 'useChat (React)', work, tasks })
  await tab.close()
  return work.busy
}

function reportWork(
  report: Report,
  rate: number,
  { name, peer, work, tasks }: { name: string; peer?: string; work: Work; tasks: readonly number[] },
): void {
  const column = `${3 * TICKS} tokens`
  const section = `Chromium: CPU throttled ${rate} times, ${ROWS} rows, tokens into three responses at once`
  const figure = { section, column, peer }
  report.add({ ...figure, name: `${name}: main thread busy`, unit: 'ms', value: work.busy * 1_000 })
  report.add({ ...figure, name: `${name}: layouts`, unit: '', value: work.layouts })
  report.add({ ...figure, name: `${name}: longest task`, unit: 'ms', value: Math.max(0, ...tasks) })
}
