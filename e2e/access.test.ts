import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launch, person, screenshot, type Browser, type Page } from './browser.ts'
import { Chat, fronts } from './chat.ts'
import { startDemo, type Demo } from './demo.ts'
import { answers, haveRecordings, speed } from './truth.ts'

// For everybody: screen readers, keyboards, phones, dark rooms, and machines that have other things to do.

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let browser: Browser
let demo: Demo

beforeAll(async () => {
  browser = await launch()
  demo = await startDemo({ DEMO_SPEED: speed(1200) })
})

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
    await chat.page.locator('.answer[data-status=complete]').nth(1).waitFor()
    await chat.ask(answers.openai.prompt)
    // The scripted answer thinks first, folded away.
    if (haveRecordings) await chat.grows(-1)
    else await chat.page.locator('.answer').nth(2).locator('[data-rendered] p').first().waitFor()
    await chat.fault('lose').click()
    await chat.page.locator('[data-gap]').first().waitFor()
    expect(await violations(chat.page)).toEqual([])
    await screenshot(chat.page, `${front}-${colorScheme}`)
    await chat.page.locator('.answer[data-status=complete]').nth(2).waitFor()
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
    await chat.page.locator('.answer[data-status=complete]').nth(1).waitFor()
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
    await tabTo('Your message')
    await page.keyboard.type(answers.openai.prompt)
    await page.keyboard.press('Enter')
    await chat.grows(100)
    await tabTo('Stop the answer')
    await page.keyboard.press('Enter')
    await page.locator('.answer[data-status=stopped]').waitFor()
    await tabTo('Drop the next message')
    const outline = await page.evaluate(() => getComputedStyle(document.activeElement!).outlineStyle)
    expect(outline).not.toBe('none')
    await context.close()
  })

  test('three answers at once leave the page free: no long tasks to speak of', async () => {
    const { context } = await person(browser, { format: 'rendered' })
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    await chat.page.evaluate(() => {
      const measured = { tasks: [] as number[], frames: 0, worst: 0 }
      Object.assign(globalThis, { measured })
      new PerformanceObserver((list) =>
        measured.tasks.push(...list.getEntries().map(({ duration }) => duration)),
      ).observe({
        entryTypes: ['longtask'],
      })
      let last = performance.now()
      const frame = (now: number) => {
        measured.frames++
        measured.worst = Math.max(measured.worst, now - last)
        last = now
        requestAnimationFrame(frame)
      }
      requestAnimationFrame(frame)
    })
    for (let nth = 0; nth < 3; nth++) await chat.ask(answers.openai.prompt)
    await chat.page.locator('.answer[data-status=complete]').nth(2).waitFor({ timeout: 60_000 })
    const { tasks, frames, worst } = await chat.page.evaluate(
      () =>
        (globalThis as unknown as { measured: { tasks: number[]; frames: number; worst: number } }).measured,
    )
    console.log(
      `${front}: ${frames} frames, worst ${worst.toFixed(0)} ms; ${tasks.length} long tasks, longest ${Math.max(0, ...tasks).toFixed(0)} ms`,
    )
    // A shared machine makes a few tasks long by itself; one that grows with the text would make hundreds.
    expect(tasks.length).toBeLessThan(30)
    await context.close()
  })
})
