import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launch, person, screenshot, type Browser } from './browser.ts'
import { Chat, patterns, recordFirstText } from './chat.ts'
import { startDemo, type Demo } from './demo.ts'
import { answers, speed } from './truth.ts'

// What the README promises somebody who has just cloned the repository, step by step.

let browser: Browser
let demo: Demo
/** Kept across a restart of the demo: only the database survives it. */
const data = mkdtempSync(join(tmpdir(), 'rejoin-newcomer-'))
const settings = { DEMO_DATA: data, DEMO_STATE_TTL: '3000', DEMO_SPEED: speed(450) }

beforeAll(async () => {
  browser = await launch()
  demo = await startDemo(settings)
})

afterAll(async () => {
  await browser?.close()
  await demo?.stop()
  rmSync(data, { recursive: true, force: true })
})

describe.each(patterns)('%s', (pattern) => {
  test('an answer streams, thinking first, and ends exactly as the model wrote it', async () => {
    const { context, complaints } = await person(browser)
    const chat = await Chat.open(context, demo.url, pattern)
    await screenshot(chat.page, `${pattern}-welcome`)
    await chat.ask(answers.thinking.prompt)
    await chat.completed()
    expect(await chat.text()).toBe(answers.thinking.text)
    expect(await chat.reasoning()).toBe(answers.thinking.reasoning)
    const order = await chat.page
      .locator('.answer')
      .last()
      .locator('[data-reasoning], [data-text]')
      .evaluateAll((all) => all.map((one) => (one.hasAttribute('data-text') ? 'text' : 'reasoning')))
    expect(order[0]).toBe('reasoning')
    await chat.page.locator('[data-fact=verified]').waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a refresh in mid-answer shows the whole answer so far at once, and goes on', async () => {
    const { context, complaints } = await person(browser)
    const chat = await Chat.open(context, demo.url, pattern)
    const { prompt, text } = answers.openai
    await chat.ask(prompt)
    await chat.grows(500)
    const before = await chat.text()
    expect(text.startsWith(before)).toBe(true)
    const firstText = await recordFirstText(chat.page)
    await chat.page.reload()
    await chat.grows(before.length)
    const first = await firstText()
    expect(first.length).toBeGreaterThanOrEqual(before.length)
    expect(text.startsWith(first)).toBe(true)
    expect(await chat.status()).toBe('streaming')
    await screenshot(chat.page, `${pattern}-refreshed`)
    await chat.completed()
    expect(await chat.text()).toBe(text)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a second tab shows the same, live; after both were closed, the database has it', async () => {
    const { context } = await person(browser)
    const chat = await Chat.open(context, demo.url, pattern)
    const { prompt, text } = answers.anthropic
    await chat.ask(prompt)
    await chat.grows(200)
    const second = new Chat(await context.newPage())
    await second.goto(chat.page.url())
    await second.grows(200)
    expect(await second.status()).toBe('streaming')
    const seen = (await second.text()).length
    await second.grows(seen)
    expect(text.startsWith(await second.text())).toBe(true)

    const conversation = new URL(chat.page.url()).pathname
    const id = conversation.split('/').at(-1)!
    await chat.page.close()
    await second.page.close()
    await expect
      .poll(
        async () => {
          const answer = await context.request.get(`${demo.url}/api/conversations/${id}/rows`)
          const { rows } = (await answer.json()) as { rows: { role: string; status?: string }[] }
          return rows.find(({ role }) => role === 'assistant')?.status
        },
        { timeout: 60_000 },
      )
      .toBe('complete')

    // A new process has forgotten its channels: what it shows, it has from the database.
    await demo.stop()
    demo = await startDemo(settings)
    const later = new Chat(await context.newPage())
    await later.goto(`${demo.url}${conversation}`)
    await later.completed()
    expect(await later.text()).toBe(text)
    await context.close()
  })

  test('a lost publish: the hole is shown where it is, and filled', async () => {
    const { context, complaints } = await person(browser)
    const chat = await Chat.open(context, demo.url, pattern)
    const { prompt, text } = answers.openai
    await chat.ask(prompt)
    await chat.grows(300)
    await chat.fault('lose').click()
    await chat.page.locator('[data-gap]').waitFor()
    await screenshot(chat.page, `${pattern}-gap`)
    const shown = await chat.page
      .locator('.answer')
      .last()
      .evaluate((answer) => ({
        missing: Number(
          /([\d,]+) character/
            .exec(answer.querySelector('[data-gap]')?.textContent ?? '')?.[1]
            ?.replace(',', ''),
        ),
        text: [...answer.querySelectorAll('[data-text]')]
          .map((part) => {
            const copy = part.cloneNode(true) as Element
            for (const gap of copy.querySelectorAll('[data-gap]')) gap.remove()
            return copy.textContent ?? ''
          })
          .join(''),
      }))
    // No silent lie: there is a place where, with as much put in as is said to be missing, it is what the model wrote.
    expect(shown.missing).toBeGreaterThan(0)
    const honest = Array.from({ length: shown.text.length + 1 }, (_, at) => at).some(
      (at) =>
        text.startsWith(shown.text.slice(0, at)) &&
        text.slice(at + shown.missing, shown.text.length + shown.missing) === shown.text.slice(at),
    )
    expect(honest).toBe(true)
    await chat.page.locator('[data-fact=healed]').waitFor()
    expect(await chat.page.locator('[data-gap]').count()).toBe(0)
    await screenshot(chat.page, `${pattern}-healed`)
    await chat.completed()
    // The end may arrive before history has brought what was missed: until then the page says so.
    await expect.poll(() => chat.text(), { timeout: 20_000 }).toBe(text)
    await chat.page.locator('[data-fact=verified]').waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a connection lost for 5 seconds is resumed, and the answer is whole', async () => {
    const { context, complaints } = await person(browser)
    const chat = await Chat.open(context, demo.url, pattern)
    const { prompt, text } = answers.openai
    await chat.ask(prompt)
    await chat.grows(300)
    await chat.fault('drop').click()
    await chat.waitForStatus(/Reconnecting|Offline/)
    await screenshot(chat.page, `${pattern}-reconnecting`)
    await chat.waitForStatus('Live')
    await chat.completed()
    // The end may arrive before history has brought what was missed: until then the page says so.
    await expect.poll(() => chat.text(), { timeout: 20_000 }).toBe(text)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a connection lost for longer than the server remembers it: the answer is whole', async () => {
    const { context, complaints } = await person(browser)
    const chat = await Chat.open(context, demo.url, pattern)
    const { prompt, text } = answers.openai
    await chat.ask(prompt)
    await chat.grows(300)
    await chat.fault('drop-long').click()
    await chat.waitForStatus('Offline')
    const before = await chat.text()
    expect(text.startsWith(before)).toBe(true)
    await chat.waitForStatus('Live')
    await chat.completed()
    await expect.poll(() => chat.text(), { timeout: 20_000 }).toBe(text)
    await chat.page.locator('[data-event=discontinuity]').first().waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })
})
