import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launch, person, screenshot, type Browser } from './browser.ts'
import { Chat, patterns } from './chat.ts'
import { startDemo, type Demo } from './demo.ts'
import { answers, speed } from './truth.ts'

// Everything in the panel "Break it": the answer is whole afterwards, and what happened can be seen.

let browser: Browser
let demo: Demo

beforeAll(async () => {
  browser = await launch()
  demo = await startDemo({ DEMO_SPEED: speed(450), DEMO_STATE_TTL: '4000' })
})

afterAll(async () => {
  await browser?.close()
  await demo?.stop()
})

describe.each(patterns)('%s', (pattern) => {
  test('every 5th message is dropped: the gaps are shown, filled, and drawn', async () => {
    const { context, complaints } = await person(browser)
    const chat = await Chat.open(context, demo.url, pattern)
    const { prompt, text } = answers.openai
    await chat.fault('every').click()
    await chat.ask(prompt)
    await chat.page.locator('[data-gap]').first().waitFor()
    await chat.page.locator('.timeline [data-span=gap].open').first().waitFor()
    await chat.page.locator('.timeline [data-fate=refused]').first().waitFor()
    await chat.page.locator('.timeline [data-fate=stored]').first().waitFor()
    await screenshot(chat.page, `${pattern}-every-nth`)
    await chat.page.locator('.timeline [data-span=gap].closed').first().waitFor()
    await chat.fault('every').click()
    await chat.completed()
    await chat.page.locator('[data-fact=verified]').waitFor()
    expect(await chat.text()).toBe(text)
    expect(await chat.page.locator('[data-gap]').count()).toBe(0)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('the agent is killed: the answer says so, and prompts are answered again soon', async () => {
    const { context } = await person(browser)
    const chat = await Chat.open(context, demo.url, pattern)
    const { prompt, text } = answers.openai
    await chat.ask(prompt)
    await chat.grows(300)
    await chat.fault('kill').click()
    await chat.page.locator('.answer:not([data-status=streaming])').waitFor()
    expect(text.startsWith(await chat.text())).toBe(true)
    await screenshot(chat.page, `${pattern}-killed`)
    // Sent to nobody, and answered all the same.
    await chat.ask(answers.thinking.prompt)
    await chat.page.locator('.answer[data-status=complete]').waitFor({ timeout: 60_000 })
    expect(await chat.text()).toBe(answers.thinking.text)
    await context.close()
  })

  test('the server restarts and remembers: the answer is whole', async () => {
    const { context } = await person(browser)
    const chat = await Chat.open(context, demo.url, pattern)
    const { prompt, text } = answers.openai
    await chat.ask(prompt)
    await chat.grows(300)
    await chat.fault('restart').click()
    await chat.waitForStatus(/Reconnecting|Offline/)
    await chat.waitForStatus('Live')
    await chat.completed()
    expect(await chat.text()).toBe(text)
    await context.close()
  })

  test('the server restarts and has forgotten everything: what was complete is there, and new answers come', async () => {
    const { context } = await person(browser)
    const chat = await Chat.open(context, demo.url, pattern)
    await chat.ask(answers.thinking.prompt)
    await chat.completed()
    await chat.fault('restart-empty').click()
    await chat.waitForStatus(/Reconnecting|Offline/)
    await chat.waitForStatus('Live')
    expect(await chat.text()).toBe(answers.thinking.text)
    await chat.ask(answers.anthropic.prompt)
    await chat.page.locator('.answer[data-status=complete]').nth(1).waitFor({ timeout: 60_000 })
    expect(await chat.text()).toBe(answers.anthropic.text)
    await chat.page.reload()
    await chat.page.locator('.answer[data-status=complete]').nth(1).waitFor()
    expect(await chat.text()).toBe(answers.anthropic.text)
    await context.close()
  })

  test('a token that ends, a slow network, and coming late: the answer is whole', async () => {
    const { context, complaints } = await person(browser)
    const chat = await Chat.open(context, demo.url, pattern)
    const { prompt, text } = answers.openai
    await chat.ask(prompt)
    await chat.grows(200)
    await chat.fault('slow').click()
    await chat.fault('expire').click()
    await chat.waitForStatus('Live')
    await chat.grows(500)
    await chat.fault('slow').click()
    await chat.fault('late').click()
    await chat.hydrated()
    await chat.grows(500)
    await chat.completed()
    expect(await chat.text()).toBe(text)
    expect(complaints).toEqual([])
    await context.close()
  })
})

test('a second device shows the same', async () => {
  const { context } = await person(browser)
  const chat = await Chat.open(context, demo.url, 'message-per-response')
  await chat.ask(answers.openai.prompt)
  await chat.grows(200)
  await chat.fault('device').click()
  const device = chat.page.frameLocator('.device iframe')
  await device.locator('.answer[data-status=streaming]').waitFor()
  await chat.page.getByText('You on 2 devices').first().waitFor()
  await screenshot(chat.page, 'second-device')
  await device.locator('.answer[data-status=complete]').waitFor({ timeout: 60_000 })
  expect(await device.locator('.answer [data-text]').allInnerTexts()).toEqual(
    await chat.page.locator('.answer [data-text]').allInnerTexts(),
  )
  await context.close()
})
