import { createAgent } from '@rejoin/agent'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Wire } from '../../packages/core/test/wire/wire.ts'
import type { Page } from '../browser.ts'
import { useBrowser } from '../stage.ts'
import type { Pages } from './pages.ts'
import { servePages } from './pages.ts'

const person = useBrowser()
let pages: Pages
let wire: Wire
beforeAll(async () => {
  ;[pages, wire] = await Promise.all([servePages(import.meta.dirname, ['joined']), Wire.start()])
})
afterAll(async () => {
  pages?.close()
  await wire?.close()
})

/** Answers in two pieces; the second waits for `goOn`. */
async function hesitantAgent(channelName: string) {
  const waiting: (() => void)[] = []
  const agent = createAgent({ client: wire.client({ clientId: 'agent' }), channelName })
  agent.onPrompt(async (prompt, response) => {
    response.append('To ')
    await response.flush()
    await new Promise<void>((resolve) => waiting.push(resolve))
    response.append(prompt.text)
  })
  await agent.ready
  return { agent, goOn: () => waiting.shift()!() }
}

test('two tabs of useChat with joinChat, in StrictMode, remounted and reloaded in mid-answer: nothing doubles', async () => {
  const channel = wire.channelName()
  const { agent, goOn } = await hesitantAgent(channel)
  const { context, complaints } = await person()
  const { key, endpoint, port } = wire.server.clientOptions
  const open = async (name: string): Promise<Page> => {
    const page = await context.newPage()
    const where = new URLSearchParams({ key, endpoint, port: String(port), channel, name })
    await page.goto(`${pages.url}/joined.html?${where}`)
    await page.locator(`#${name}`).waitFor()
    return page
  }
  const [a, b] = [await open('a'), await open('b')]
  const rowsOf = (page: Page) => page.locator('li').allTextContents()
  const both = async (...rows: string[]): Promise<void> => {
    await expect.poll(async () => [await rowsOf(a), await rowsOf(b)]).toEqual([rows, rows])
  }
  const remount = (page: Page) => page.evaluate(async () => (await window.joined).remount())
  /** At no moment did a tab show something twice. */
  const neverDoubled = async (page: Page): Promise<void> => {
    const shown = await page.evaluate(async () => (await window.joined).shown)
    expect(shown.length).toBeGreaterThan(0)
    for (const rows of shown) expect(new Set(rows).size, rows.join('|')).toBe(rows.length)
  }

  await a.click('#a')
  await both('From a?', 'To ')
  // The tab that looks on is built anew, and so is the one that asked.
  await remount(b)
  await both('From a?', 'To ')
  await remount(a)
  await both('From a?', 'To ')
  goOn()
  const first = ['From a?', 'To From a?']
  await both(...first)

  await b.click('#b')
  await both(...first, 'From b?', 'To ')
  await neverDoubled(a)
  await a.reload()
  await a.locator('#a').waitFor()
  await both(...first, 'From b?', 'To ')
  goOn()
  await both(...first, 'From b?', 'To From b?')

  for (const page of [a, b]) await remount(page)
  await both(...first, 'From b?', 'To From b?')
  for (const page of [a, b]) await neverDoubled(page)
  expect(complaints).toEqual([])
  await agent.close()
  await context.close()
})
