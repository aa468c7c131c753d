import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { launch, person, screenshot, type Browser, type Page } from './browser.ts'
import { Chat, fronts } from './chat.ts'
import { startDemo, type Demo } from './demo.ts'
import { lose } from './losing.ts'
import { answers } from './truth.ts'

// For everybody: screen readers, keyboards, phones, dark rooms, slow machines.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let browser: Browser
let demo: Demo

beforeAll(async () => {
  browser = await launch()
  demo = await startDemo()
})

beforeEach(() => demo.model.goOn())

afterAll(async () => {
  await browser?.close()
  await demo?.stop()
})

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  return page.evaluate(async () => {
    const { axe: tool } = globalThis as unknown as {
      axe: {
        run(): Promise<{ violations: { id: string; nodes: { html: string; failureSummary: string }[] }[] }>
      }
    }
    const { violations: found } = await tool.run()
    return found.map(({ id, nodes }) => `${id}: ${nodes[0]!.html} ${nodes[0]!.failureSummary}`)
  })
}

describe.each(fronts)('%s', (front) => {
  test.each(['light', 'dark'] as const)('axe finds nothing, %s', async (colorScheme) => {
    const { context, complaints } = await person(browser, {
      colorScheme,
      format: 'rendered',
      bypassCSP: true,
    })
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    expect(await violations(chat.page)).toEqual([])
    await screenshot(chat.page, `${front}-${colorScheme}-empty`)
    await chat.ask('Book a table for two tonight')
    await chat.page.locator('.card.asks').waitFor()
    expect(await violations(chat.page)).toEqual([])
    await chat.button('Approve').click()
    await chat.completed()
    await chat.ask(answers.scripted.prompt)
    await chat.completed(2)
    await demo.model.holdAt(300)
    await chat.ask(answers.openai.prompt)
    await chat.answers.nth(2).waitFor()
    await expect
      .poll(async () => (await chat.rendered()).length, { timeout: 60_000, interval: 20 })
      .toBeGreaterThan(200)
    const { hear } = await lose(demo, chat, 'lose', 300)
    expect(await violations(chat.page)).toEqual([])
    await screenshot(chat.page, `${front}-${colorScheme}`)
    await hear()
    await demo.model.goOn()
    await chat.completed(3)
    expect(await violations(chat.page)).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  })

  test("a phone's width: nothing sticks out, everything can be reached", async () => {
    const { context } = await person(browser, {
      viewport: { width: 390, height: 780 },
      hasTouch: true,
      format: 'rendered',
      bypassCSP: true,
    })
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    await chat.ask(answers.scripted.prompt)
    await chat.completed()
    await chat.ask(answers.openai.prompt)
    await chat.completed(2)
    expect(await chat.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
    await screenshot(chat.page, `${front}-phone`)
    await chat.button('Break it').click()
    await chat.fault('lose').waitFor()
    await screenshot(chat.page, `${front}-phone-panel`)
    expect(await violations(chat.page)).toEqual([])
    await chat.page.keyboard.press('Escape')
    await chat.button('Conversations').click()
    await chat.page.locator('.side[data-open=true]').waitFor()
    await screenshot(chat.page, `${front}-phone-list`)
    await chat.button('New conversation').click()
    await chat.page.locator('.side[data-open=false]').waitFor({ state: 'attached' })
    await context.close()
  })

  test('with the keyboard alone', async () => {
    const { context } = await person(browser)
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const { page } = chat
    /** Tab until something with this name has the focus. */
    const tabTo = async (name: string) => {
      for (let presses = 0; presses < 60; presses++) {
        await page.keyboard.press('Tab')
        const focused = await page.evaluate(() => {
          const element = document.activeElement
          return element?.getAttribute('aria-label') ?? element?.textContent?.trim() ?? ''
        })
        if (focused.startsWith(name)) return
      }
      throw new Error(`unable to reach "${name}" with the Tab key`)
    }
    await demo.model.holdAt(100)
    await tabTo('Your message')
    await page.keyboard.type(answers.openai.prompt)
    await page.keyboard.press('Enter')
    await chat.shows(100)
    await tabTo('Stop the answer')
    await page.keyboard.press('Enter')
    await page.locator('.answer[data-status=stopped]').waitFor()
    await tabTo('Drop the next message')
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)
    expect(outline).not.toBe('none')
    await context.close()
  })

  test('while an answer grows, nothing but its own row and its last blocks are touched', async () => {
    const { context } = await person(browser, { format: 'rendered' })
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const { prompt, text } = answers.story
    await chat.ask(answers.scripted.prompt)
    await chat.completed()
    await demo.model.holdAt(700)
    await chat.ask(prompt)
    await chat.answers.nth(1).waitFor()
    const shows = (length: number) =>
      expect
        .poll(async () => (await chat.rendered()).length, { timeout: 60_000, interval: 20 })
        .toBeGreaterThan(length)
    await shows(600)
    await chat.answer.evaluate((answer) => {
      const touched = { other: 0, settled: 0, last: 0 }
      Object.assign(globalThis, { touched })
      const settled = [...answer.querySelectorAll('[data-rendered] > *')].slice(0, -2)
      new MutationObserver((changes) => {
        for (const { target } of changes)
          if (!answer.contains(target)) touched.other++
          else if (settled.some((block) => block.contains(target))) touched.settled++
          else touched.last++
      }).observe(answer.closest('ol')!, {
        subtree: true,
        childList: true,
        characterData: true,
        attributes: true,
      })
    })
    for (const at of [1000, 1300, 1600]) {
      await demo.model.holdAt(at)
      await shows(at - 100)
    }
    const touched = await chat.page.evaluate(
      () => (globalThis as unknown as { touched: Record<'other' | 'settled' | 'last', number> }).touched,
    )
    expect(touched).toMatchObject({ other: 0, settled: 0 })
    expect(touched.last).toBeGreaterThan(0)
    await demo.model.goOn()
    await chat.completed(2)
    expect(text.length).toBeGreaterThan(1600)
    await context.close()
  })
})
