import { describe, expect, test } from 'vitest'
import { screenshot, type BrowserContext } from './browser.ts'
import { Chat, patterns, type Pattern } from './chat.ts'
import { lose } from './losing.ts'
import { useBrowser, useDemo } from './stage.ts'
import { answers } from './truth.ts'

// Everything in the panel "Break it": the answer is whole afterwards, and the page shows what happened.

const person = useBrowser()
const demo = useDemo()

/** A new conversation with an answer that has come so far, and holds. */
async function begun(context: BrowserContext, pattern: Pattern, characters: number) {
  const chat = await Chat.open(context, demo.url, pattern)
  const { prompt, text } = answers.openai
  await demo.model.holdAt(characters)
  await chat.ask(prompt)
  await chat.shows(characters)
  return { chat, text }
}

describe.each(patterns)('%s', (pattern) => {
  test('every 5th message is dropped: the gaps are shown, filled, and drawn', async () => {
    const { context, complaints } = await person()
    const { chat, text } = await begun(context, pattern, 200)
    const { hear } = await lose(demo, chat, 'every', 200)
    await chat.page.locator('rejoin-inspector [data-span=gap].open').first().waitFor()
    await screenshot(chat.page, `${pattern}-every-nth`)
    await hear()
    await chat.page.locator('rejoin-inspector [data-fate=refused]').first().waitFor()
    await chat.page.locator('rejoin-inspector [data-fate=stored]').first().waitFor()
    await chat.page.locator('rejoin-inspector [data-span=gap].closed').first().waitFor()
    await chat.break('every')
    await demo.model.goOn()
    await chat.completed()
    await chat.showsAll(text)
    await chat.fact('verified').waitFor()
    expect(await chat.gaps.count()).toBe(0)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('the agent is killed: the answer says so; the next agent finishes it, and what was asked meanwhile', async () => {
    const { context } = await person()
    const { chat, text } = await begun(context, pattern, 300)
    const before = await chat.text()
    demo.model.keepOut()
    await chat.break('kill')
    await chat.page.locator('.answer[data-status=interrupted]').waitFor()
    expect(await chat.text()).toBe(before)
    await screenshot(chat.page, `${pattern}-killed`)
    // No agent is there to hear it.
    await chat.ask(answers.thinking.prompt)
    await chat.page.locator('.prompt[data-delivery=sent]').nth(1).waitFor()
    await demo.model.holdAt(600)
    demo.model.letIn()
    await chat.page.locator('.answer[data-status=streaming]').first().waitFor()
    await demo.model.goOn()
    await chat.completed(2)
    expect(await chat.texts()).toEqual([text, answers.thinking.text])
    expect(await chat.gaps.count()).toBe(0)
    await chat.reload()
    await chat.completed(2)
    expect(await chat.texts()).toEqual([text, answers.thinking.text])
    await context.close()
  })

  test('the server restarts and remembers: the answer is whole', async () => {
    const { context } = await person()
    const { chat, text } = await begun(context, pattern, 300)
    await restart(chat, 'restart')
    await demo.model.goOn()
    await chat.completed()
    await chat.showsAll(text)
    await context.close()
  })

  test('the server restarts and has forgotten everything: what was complete is there, and new answers come', async () => {
    const { context } = await person()
    const chat = await Chat.open(context, demo.url, pattern)
    await chat.ask(answers.thinking.prompt)
    await chat.completed()
    await restart(chat, 'restart-empty')
    expect(await chat.text()).toBe(answers.thinking.text)
    await chat.ask(answers.anthropic.prompt)
    await chat.completed(2)
    expect(await chat.text()).toBe(answers.anthropic.text)
    await chat.reload()
    await chat.completed(2)
    expect(await chat.text()).toBe(answers.anthropic.text)
    await context.close()
  })

  test('a token that ends, a slow network, and coming late: the answer is whole', async () => {
    const { context, complaints } = await person()
    const { chat, text } = await begun(context, pattern, 200)
    await chat.break('slow')
    await chat.break('expire')
    await demo.model.holdAt(500)
    await chat.shows(500)
    await chat.waitForStatus('Live')
    await chat.break('slow')
    await chat.fault('late').click()
    await chat.hydrated()
    await chat.shows(500)
    expect(text.startsWith(await chat.text())).toBe(true)
    await demo.model.goOn()
    await chat.completed()
    await chat.showsAll(text)
    expect(complaints).toEqual([])
    await context.close()
  })
})

async function restart(chat: Chat, fault: 'restart' | 'restart-empty'): Promise<void> {
  const connected = await chat.event('live').count()
  await chat.break(fault)
  await chat.event('live').nth(connected).waitFor()
  await chat.waitForStatus('Live')
}

test('a second device shows the same', async () => {
  const { context } = await person()
  const { chat } = await begun(context, 'message-per-response', 200)
  await chat.fault('device').click()
  const device = chat.page.frameLocator('.device iframe')
  await device.locator('.answer[data-status=streaming]').waitFor()
  await chat.page.getByText('You on 2 devices').first().waitFor()
  await screenshot(chat.page, 'second-device')
  await demo.model.goOn()
  await device.locator('.answer[data-status=complete]').waitFor()
  await chat.completed()
  expect(await device.locator('.answer [data-text]').allInnerTexts()).toEqual(
    await chat.page.locator('.answer [data-text]').allInnerTexts(),
  )
  await context.close()
})

test.each([1280, 390])(
  'the list of what happened shows whole rows, all equally high, at %s px',
  async (width) => {
    const { context } = await person({ viewport: { width, height: 860 } })
    const { chat } = await begun(context, 'message-per-response', 300)
    if (width < 1000) await chat.button('Break it').click()
    const { hear } = await lose(demo, chat, 'lose', 300)
    await demo.model.goOn()
    await hear()
    await chat.completed()
    const list = chat.page.locator('rejoin-inspector .rows')
    await expect.poll(() => list.locator('li').count()).toBeGreaterThan(3)
    const { heights, cut, room } = await list.evaluate((rows) => {
      const end = rows.getBoundingClientRect().bottom
      const boxes = [...rows.children]
        .map((row) => row.getBoundingClientRect())
        .filter(({ height }) => height > 0)
      return {
        heights: new Set(boxes.map(({ height }) => Math.round(height))).size,
        cut: boxes.filter(({ top, bottom }) => top < end - 1 && bottom > end + 1).length,
        room: rows.scrollHeight - rows.clientHeight,
      }
    })
    expect({ heights, cut }).toEqual({ heights: 1, cut: 0 })
    expect(room).toBeGreaterThan(0)
    await context.close()
  },
)
