import { describe, expect, test } from 'vitest'
import type { Page } from './browser.ts'
import { Chat, fronts } from './chat.ts'
import { useBrowser, useDemo } from './stage.ts'
import { answers } from './truth.ts'

// What a phone has to bear: what is loaded, and what moves on the page by itself.

const person = useBrowser()
const demo = useDemo()

const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true } as const

/** Adds up layout shifts that no touch or key has caused; https://web.dev/articles/cls. */
function watchShifts(): void {
  const state = globalThis as { shifted?: number }
  state.shifted = 0
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as (PerformanceEntry & {
      value: number
      hadRecentInput: boolean
    })[])
      if (!entry.hadRecentInput) state.shifted! += entry.value
  }).observe({ type: 'layout-shift', buffered: true })
}

const shifted = (page: Page) => page.evaluate(() => (globalThis as { shifted?: number }).shifted!)

/** Counts what the page loads, as it travels. */
async function weigh(page: Page): Promise<() => number> {
  const network = await page.context().newCDPSession(page)
  let bytes = 0
  network.on('Network.loadingFinished', ({ encodedDataLength }) => (bytes += encodedDataLength))
  await network.send('Network.enable')
  return () => bytes / 1024
}

/** Lets all answers write so many characters, and waits for the newest to show about as many. */
async function grows(chat: Chat, length: number): Promise<void> {
  await demo.model.holdAt(length)
  await demo.model.held()
  const shown = async () => (await chat.answer.innerText()).length
  await expect.poll(shown).toBeGreaterThan(length / 2)
}

describe.each(fronts)('%s', (front) => {
  test('three answers that are written at once move nothing but themselves; the page is light', async () => {
    const { context, complaints } = await person({ ...phone, format: 'rendered' })
    const page = await context.newPage()
    const chat = new Chat(page)
    const weight = await weigh(page)
    await page.addInitScript(watchShifts)
    await chat.goto(`${demo.url}/${front}/`)
    expect(await shifted(page)).toBeLessThan(0.05)
    await demo.model.holdAt(40)
    for (const { prompt } of [answers.openai, answers.thinking, answers.anthropic]) await chat.ask(prompt)
    await expect.poll(() => chat.answers.count()).toBe(3)
    // Until the page is full, what grows moves what is below it.
    await grows(chat, 240)
    const before = await shifted(page)
    for (let length = 320; length <= 800; length += 80) await grows(chat, length)
    expect((await shifted(page)) - before).toBeLessThan(0.05)
    await demo.model.goOn()
    await chat.completed(3)
    expect(weight()).toBeLessThan(250)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('code has colours, from a thread of its own', async () => {
    const { context, complaints } = await person({ ...phone, format: 'rendered' })
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    expect(chat.page.workers().length).toBe(0)
    await chat.ask(answers.scripted.prompt)
    await chat.completed()
    await chat.answer.locator('code .hljs-keyword').first().waitFor()
    expect(chat.page.workers().length).toBe(1)
    await chat.page.reload()
    await chat.answer.locator('code .hljs-keyword').first().waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })

  test('what was said shows before there is a connection', async () => {
    const { context } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    await chat.ask(answers.thinking.prompt)
    await chat.completed()
    const rows = `${demo.url}/api/conversations/${chat.conversation}/rows`
    await expect.poll(async () => (await context.request.get(rows)).text()).toContain('"complete"')
    await context.routeWebSocket(/./, () => {})
    await chat.page.reload()
    await chat.showsAll(answers.thinking.text)
    expect(await chat.page.locator('[data-hydrated=true]').count()).toBe(0)
    await context.close()
  })
})

test('formulas are rendered by what comes with the first of them; the page is still light', async () => {
  const { context, complaints } = await person({ ...phone, format: 'rendered' })
  const page = await context.newPage()
  const chat = new Chat(page)
  const weight = await weigh(page)
  const scripts: string[] = []
  page.on('response', (response) => scripts.push(new URL(response.url()).pathname))
  const loaded = () => scripts.some((path) => /\/tex-[^/]+\.js$/.test(path))
  await chat.goto(`${demo.url}/react/`)
  await chat.ask(answers.thinking.prompt)
  await chat.completed()
  expect(loaded()).toBe(false)
  await chat.ask(answers.formulas.prompt)
  await chat.completed(2)
  await expect.poll(() => chat.answer.locator('math').count()).toBe(17)
  expect(await chat.answer.locator('math msqrt').count()).toBe(6)
  expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
  expect(loaded()).toBe(true)
  expect(weight()).toBeLessThan(250)
  expect(complaints).toEqual([])
  await context.close()
})

test('something shows before any script has come', async () => {
  const { context } = await person({ ...phone, javaScriptEnabled: false })
  const page = await context.newPage()
  await page.goto(`${demo.url}/react/`)
  expect(await page.getByPlaceholder('Ask anything').isVisible()).toBe(true)
  await context.close()
})
