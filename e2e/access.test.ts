import { describe, expect, test } from 'vitest'
import { pdf, png } from '../demo/test/samples.ts'
import { violations } from './axe.ts'
import { screenshot } from './browser.ts'
import { Chat, fronts } from './chat.ts'
import { Keys } from './keys.ts'
import { lose } from './losing.ts'
import { useBrowser, useDemo } from './stage.ts'
import { sticksOut } from './sticksOut.ts'
import { answers } from './truth.ts'

// For everybody: screen readers, keyboards, phones, dark rooms, slow machines.

const person = useBrowser()
const demo = useDemo()

const attach = (chat: Chat) =>
  chat.page.locator('.composer input[type=file]').setInputFiles([
    { name: 'cat.png', mimeType: 'image/png', buffer: Buffer.from(png(64, 48)) },
    { name: 'paper.pdf', mimeType: 'application/pdf', buffer: Buffer.from(pdf(2)) },
  ])

/** After so many answers: files, a picture, a recipe, and versions of it. */
async function rich(chat: Chat, before: number): Promise<void> {
  await chat.ask('What is this?')
  await chat.completed(before + 1)
  await chat.ask('Draw a wave')
  await chat.completed(before + 2)
  expect(await chat.answer.locator('.file img').count()).toBe(1)
  await chat.ask('Write down a recipe for tomato soup')
  await chat.completed(before + 3)
  await chat.button('Regenerate').last().click()
  await chat.answer.locator('.versions').filter({ hasText: '2 of 2' }).waitFor()
  await chat.completed(before + 3)
  expect(await chat.answer.locator('.recipe [data-field=steps] li').count()).toBe(3)
}

/** What sticks out on this phone, on a small one, and on this one when its page is enlarged to 200 %. */
async function narrower({ page }: Chat): Promise<string[]> {
  const { width, height } = page.viewportSize()!
  const found: string[] = []
  for (const size of [
    { width: width / 2, height: height / 2 },
    { width: 320, height: 568 },
    { width, height },
  ]) {
    await page.setViewportSize(size)
    // What depends on the width is as it will be when a frame has been shown.
    await page.evaluate(
      () => new Promise((shown) => requestAnimationFrame(() => requestAnimationFrame(shown))),
    )
    found.push(...(await sticksOut(page)))
  }
  return found
}

describe.each(fronts)('%s', (front) => {
  // All fronts share their styles: one of them shows the dark ones.
  const schemes = front === 'react' ? (['light', 'dark'] as const) : (['light'] as const)

  test.each(schemes)('axe finds nothing, %s', async (colorScheme) => {
    const { context, complaints } = await person({
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
    await expect.poll(async () => (await chat.rendered()).length).toBeGreaterThan(200)
    const { hear } = await lose(demo, chat, 'lose', 300)
    expect(await violations(chat.page)).toEqual([])
    await screenshot(chat.page, `${front}-${colorScheme}`)
    await hear()
    await demo.model.goOn()
    await chat.completed(3)
    expect(await violations(chat.page)).toEqual([])
    await attach(chat)
    expect(await violations(chat.page)).toEqual([])
    await screenshot(chat.page, `${front}-${colorScheme}-tray`)
    await rich(chat, 3)
    expect(await violations(chat.page)).toEqual([])
    await screenshot(chat.page, `${front}-${colorScheme}-rich`)
    await chat.prompts.last().getByRole('button', { name: 'Edit' }).click()
    await chat.page.getByRole('textbox', { name: 'Edit your message' }).waitFor()
    expect(await violations(chat.page)).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  })

  test.each(schemes)(
    "what is attached and what is an object, at a phone's width, %s",
    async (colorScheme) => {
      const { context, complaints } = await person({
        viewport: { width: 390, height: 780 },
        hasTouch: true,
        isMobile: true,
        colorScheme,
        format: 'rendered',
        bypassCSP: true,
      })
      const chat = await Chat.open(context, demo.url, 'message-per-response', front)
      await screenshot(chat.page, `${front}-phone-${colorScheme}-empty`)
      await attach(chat)
      await screenshot(chat.page, `${front}-phone-${colorScheme}-tray`)
      await rich(chat, 0)
      expect(await chat.page.evaluate(() => document.documentElement.scrollWidth)).toBe(390)
      expect(await violations(chat.page)).toEqual([])
      await screenshot(chat.page, `${front}-phone-${colorScheme}-rich`)
      await chat.page.locator('.scroll').evaluate((scroller) => scroller.scrollTo(0, 0))
      await screenshot(chat.page, `${front}-phone-${colorScheme}-attachments`)
      // Fingers find everything: nothing that can be pressed is smaller than 24 px.
      const small = await chat.page
        .locator('.main :is(button, a, summary):visible')
        .evaluateAll((all) =>
          all
            .filter(
              (one) => Math.min(one.clientWidth, one.clientHeight) < 24 && !one.closest('[data-rendered]'),
            )
            .map((one) => one.outerHTML),
        )
      expect(small).toEqual([])
      expect(complaints).toEqual([])
      await context.close()
    },
  )

  test("a phone's width: nothing sticks out, everything can be reached", async () => {
    const { context } = await person({
      viewport: { width: 390, height: 780 },
      hasTouch: true,
      format: 'rendered',
      bypassCSP: true,
    })
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    expect(await narrower(chat)).toEqual([])
    await chat.ask(answers.scripted.prompt)
    await chat.completed()
    await chat.ask(answers.openai.prompt)
    await chat.completed(2)
    await chat.ask('Book a table for two tonight')
    await chat.page.locator('.card.asks').waitFor()
    expect(await narrower(chat)).toEqual([])
    await screenshot(chat.page, `${front}-phone`)
    await chat.button('Break it').click()
    await chat.fault('lose').waitFor()
    await screenshot(chat.page, `${front}-phone-panel`)
    expect(await narrower(chat)).toEqual([])
    expect(await violations(chat.page)).toEqual([])
    await chat.page.keyboard.press('Escape')
    await chat.button('Conversations').click()
    await chat.page.locator('.side[data-open=true]').waitFor()
    await screenshot(chat.page, `${front}-phone-list`)
    expect(await narrower(chat)).toEqual([])
    await chat.button('New conversation').click()
    await chat.page.locator('.side[data-open=false]').waitFor({ state: 'attached' })
    await context.close()
  })

  test('with the keyboard alone', async () => {
    // Narrow enough for drawers.
    const { context, complaints } = await person({ viewport: { width: 1000, height: 860 } })
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const { page } = chat
    const keys = new Keys(page)
    expect(await keys.focused()).toBe('Your message')
    await demo.model.holdAt(100)
    await page.keyboard.type(answers.openai.prompt)
    await page.keyboard.press('Enter')
    await chat.shows(100)
    await keys.press('Stop the answer')
    await page.locator('.answer[data-status=stopped]').waitFor()
    await keys.has('Your message')
    await demo.model.goOn()
    // Another wording, and back.
    await keys.press('Edit', 'backwards')
    expect(await keys.focused()).toBe('Edit your message')
    await page.keyboard.press('Escape')
    expect(await keys.focused()).toBe('Edit')
    await page.keyboard.press('Enter')
    await page.keyboard.type(' Briefly')
    await page.keyboard.press('Enter')
    await chat.completed()
    expect(await chat.prompts.locator('.bubble').innerText()).toBe(`${answers.openai.prompt} Briefly`)
    await keys.press('Previous version')
    await chat.prompts.getByText('1 of 2').waitFor()
    expect(await keys.focused()).toBe('Previous version')
    // Another answer.
    await keys.press('Try again')
    await chat.completed()
    await chat.answer.getByText('2 of 2').waitFor()
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('prompt')
    const copied = () => page.evaluate(() => navigator.clipboard.readText())
    await keys.press('Copy')
    await expect.poll(copied).toBe(answers.openai.prompt)
    await keys.press('Copy')
    await expect.poll(copied).toBe(await chat.text())
    // Escape stops, wherever the focus is in the conversation.
    await demo.model.holdAt(100)
    await keys.to('Your message')
    await page.keyboard.type(answers.story.prompt)
    await page.keyboard.press('Enter')
    await chat.answers.nth(1).waitFor()
    await chat.shows(100)
    await page.keyboard.press('Escape')
    await page.locator('.answer[data-status=stopped]').nth(0).waitFor()
    await demo.model.goOn()
    // A file: chosen, looked at, removed, chosen again and sent.
    const choose = async () => {
      const chooser = page.waitForEvent('filechooser')
      await keys.press('Attach files', 'backwards')
      await (
        await chooser
      ).setFiles({ name: 'cat.png', mimeType: 'image/png', buffer: Buffer.from(png(64, 48)) })
      await page.locator('.tray img').waitFor()
    }
    await choose()
    await keys.press('Remove cat.png', 'backwards')
    await expect.poll(() => page.locator('.tray li').count()).toBe(0)
    expect(await keys.focused()).toBe('Attach files')
    await keys.to('Your message')
    await choose()
    await keys.to('Your message')
    await page.keyboard.type('What is this?')
    await page.keyboard.press('Enter')
    // One was stopped.
    await chat.completed(2)
    await keys.to('cat.png', 'backwards')
    // An approval.
    await keys.to('Your message')
    await page.keyboard.type('Book a table for two tonight')
    await page.keyboard.press('Enter')
    await page.locator('.card.asks').waitFor()
    await keys.press('Approve', 'backwards')
    await page.locator('[data-tool=book_table][data-state=output-available]').waitFor()
    await expect.poll(() => keys.focused()).toMatch(/^Book table/)
    // To the end.
    const distance = () =>
      page.locator('.scroll').evaluate((one) => one.scrollHeight - one.clientHeight - one.scrollTop)
    await chat.completed(3)
    await keys.to('Your message')
    await page.locator('.scroll').evaluate((one) => one.scrollTo(0, 0))
    await chat.button('Jump to end').waitFor()
    await keys.press('Jump to end', 'backwards')
    await expect.poll(distance).toBeLessThan(2)
    expect(await page.evaluate(() => document.activeElement?.className)).toBe('scroll')
    // A drawer keeps the keyboard, and gives it back.
    await keys.press('Break it', 'backwards')
    expect(await keys.focused()).toBe('Close the panel')
    await keys.press('Drop the next message')
    await keys.to('Close the panel')
    await page.keyboard.press('Escape')
    expect(await keys.focused()).toBe('Break it')
    // Names.
    await keys.press('Rename', 'backwards')
    expect(await keys.focused()).toBe('Title')
    await page.keyboard.type('News')
    await page.keyboard.press('Enter')
    await page.locator('h1').getByText('News').waitFor()
    expect(await keys.focused()).toBe('Rename News')
    await keys.press('Delete News')
    await page.keyboard.press('Enter')
    await page.locator('h1').getByText('New conversation').waitFor()
    expect(await keys.focused()).toBe('Your message')
    expect(complaints).toEqual([])
    await context.close()
  })

  test('the proof and the tour, with the keyboard alone', async () => {
    // Narrow enough for drawers.
    const { context, complaints } = await person({ viewport: { width: 1000, height: 860 } })
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const { page } = chat
    const keys = new Keys(page)
    await keys.press('Break it', 'backwards')
    await keys.press('Compare')
    expect(await keys.focused()).toBe('Break it')
    await keys.to('Text of the snippet')
    await keys.press('Close', 'backwards')
    await page.locator('.dock').waitFor({ state: 'hidden' })
    expect(await keys.focused()).toBe('Break it')
    // Its first step holds, so that there is time to look around.
    await demo.model.holdAt(100)
    await page.keyboard.press('Enter')
    await keys.press('Break it for me')
    await page.locator('.steps [data-state=running]').waitFor()
    expect(await keys.focused()).toBe('Break it')
    await keys.to('Steps')
    await keys.press('Close', 'backwards')
    await page.locator('.dock').waitFor({ state: 'hidden' })
    expect(await keys.focused()).toBe('Break it')
    expect(complaints).toEqual([])
    await context.close()
  })

  test('while an answer grows, nothing but its own row and its last blocks are touched', async () => {
    const { context } = await person({ format: 'rendered' })
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const { prompt, text } = answers.story
    await chat.ask(answers.scripted.prompt)
    await chat.completed()
    await demo.model.holdAt(700)
    await chat.ask(prompt)
    await chat.answers.nth(1).waitFor()
    const shows = (length: number) =>
      expect.poll(async () => (await chat.rendered()).length).toBeGreaterThan(length)
    await shows(600)
    await chat.answer.evaluate((answer) => {
      const touched = { other: 0, settled: 0, last: 0 }
      Object.assign(globalThis, { touched })
      const settled = [...answer.querySelectorAll('[data-rendered] > *')].slice(0, -2)
      new MutationObserver((changes) => {
        for (const { target, attributeName } of changes)
          // Whatever leaves the view is marked, once, so that it may be skipped.
          if (attributeName === 'data-resting') continue
          else if (!answer.contains(target)) touched.other++
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
