import { Marked } from 'marked'
import { describe, expect, test } from 'vitest'
import { screenshot } from './browser.ts'
import { Chat, fronts, recordFirstText } from './chat.ts'
import { lose } from './losing.ts'
import { useBrowser, useDemo } from './stage.ts'
import { answers, hostile } from './truth.ts'

// The same things in React, in Vue, and with nothing but script tags.

const person = useBrowser()
const demo = useDemo()

/** What any renderer of Markdown would show, by the library alone, without streaming and without our view. */
function plainText(markdown: string): string {
  const html = new Marked({ gfm: true }).parse(markdown, { async: false })
  const text = html.replace(/<[^>]*>/g, ' ')
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' }
  return words(
    text
      .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
      .replace(/&(amp|lt|gt|quot);/g, (_, name: string) => named[name]!),
  )
}

const words = (text: string) => text.replace(/\s+/g, '')

/** Asks, and lets the answer grow piece by piece: each piece is rendered before the next one is written. */
async function growing(
  chat: Chat,
  prompt: string,
  length: number,
  look: () => Promise<unknown> = async () => {},
): Promise<void> {
  const pieces = 12
  const place = (piece: number) => Math.floor((length * piece) / pieces)
  const answered = await chat.answers.count()
  await demo.model.holdAt(place(1))
  await chat.ask(prompt)
  await chat.answers.nth(answered).waitFor()
  let shown = 0
  for (let piece = 1; piece < pieces; piece++) {
    await demo.model.holdAt(place(piece))
    await expect.poll(async () => (await chat.rendered()).length).toBeGreaterThan(shown)
    shown = (await chat.rendered()).length
    await look()
  }
  await demo.model.goOn()
}

describe.each(fronts)('%s', (front) => {
  test('streams, survives a refresh, shows and fills a gap, and is whole', async () => {
    const { context, complaints } = await person()
    const pattern = front === 'vue' ? 'message-per-token' : 'message-per-response'
    const chat = await Chat.open(context, demo.url, pattern, front)
    const { prompt, text } = answers.openai
    await demo.model.holdAt(200)
    await chat.ask(prompt)
    await chat.shows(200)
    const before = await chat.text()
    const firstText = await recordFirstText(chat.page)
    await chat.reload()
    await chat.shows(1)
    expect(await firstText()).toBe(before)
    const { hear, at } = await lose(demo, chat, 'lose', 200)
    await hear()
    await chat.fact('healed').waitFor()
    await chat.shows(at)
    expect(text.startsWith(await chat.text())).toBe(true)
    await demo.model.goOn()
    await chat.completed()
    await chat.showsAll(text)
    await chat.fact('verified').waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })

  test('Markdown rendered piece by piece shows what the whole would; sources are numbered', async () => {
    const { context, complaints } = await person({ format: 'rendered' })
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const { prompt, text } = answers.scripted
    await growing(chat, prompt, text.length)
    await chat.completed()
    expect(words(await chat.rendered())).toBe(plainText(text))
    await screenshot(chat.page, `${front}-markdown`)
    expect(await chat.answer.locator('table td').count()).toBeGreaterThan(6)

    // The copy button gives the code, and nothing of what is around it.
    await context.grantPermissions(['clipboard-read', 'clipboard-write'])
    await chat.answer.locator('.code .copy').click()
    await chat.answer.locator('.code .copy').filter({ hasText: 'Copied' }).waitFor()
    const code = await chat.page.evaluate(() => navigator.clipboard.readText())
    expect(code).toContain('const response = useResponse(id)')
    expect(code).not.toContain('Copy')

    await growing(chat, answers.openai.prompt, answers.openai.text.length)
    await chat.completed(2)
    expect(words(await chat.rendered())).toBe(plainText(answers.openai.text))
    const cites = await chat.answer.locator('[data-cite]').count()
    if (cites > 0) {
      await chat.answer.locator('.sources summary').click()
      expect(await chat.answer.locator('.sources [data-source]').count()).toBeGreaterThan(0)
    }
    expect(complaints).toEqual([])
    await context.close()
  })

  test('hostile text does nothing', async () => {
    const { context, complaints } = await person({ format: 'rendered' })
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const requests: string[] = []
    chat.page.on('request', (request) => requests.push(request.url()))
    const harmless = async () =>
      expect(await chat.page.evaluate(() => (globalThis as { attacked?: string }).attacked)).toBeUndefined()
    await growing(chat, hostile.prompt, hostile.text.length, harmless)
    await chat.completed()
    await screenshot(chat.page, `${front}-hostile`)
    const found = await chat.answer.evaluate((answer) => ({
      tags: [...answer.querySelectorAll('[data-rendered] *')].map(({ localName }) => localName),
      handlers: [...answer.querySelectorAll('*')]
        .flatMap(({ attributes }) => Array.from(attributes))
        .filter(({ name }) => name.startsWith('on')).length,
      links: [...answer.querySelectorAll('a')].map((link) => link.getAttribute('href')),
    }))
    for (const tag of ['script', 'img', 'svg', 'iframe', 'style', 'form', 'math'])
      expect(found.tags).not.toContain(tag)
    expect(found.handlers).toBe(0)
    for (const link of found.links) expect(link === null || link.startsWith('https://')).toBe(true)
    // Every link is clicked.
    for (const link of await chat.answer.locator('[data-rendered] a').all())
      await link.click({ modifiers: ['Alt'], noWaitAfter: true })
    await harmless()
    expect(requests.filter((url) => !url.startsWith(demo.url))).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('an approval is asked for, given in another tab, and acted on; a rejection too', async () => {
    const { context } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    await chat.ask('Book a table for two tonight')
    await chat.page.locator('.card.asks').waitFor()
    await screenshot(chat.page, `${front}-approval`)
    const second = new Chat(await context.newPage())
    await second.goto(chat.page.url())
    await second.button('Approve').click()
    await chat.completed()
    expect(await chat.text()).toContain('LUM-2041')
    expect(await chat.answer.locator('.card').getAttribute('data-state')).toBe('output-available')
    await second.page.close()

    await chat.ask('Book a table for two tonight')
    await chat.button('Reject').click()
    await chat.completed(2)
    expect(await chat.text()).toContain('I have not booked anything')
    await context.close()
  })

  test('a tool of the browser: the location, refused by the person, by the browser, and granted', async () => {
    const { context } = await person({ geolocation: { latitude: 48.2083, longitude: 16.3731 } })
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const ask = async () => {
      await chat.ask('What is the weather where I am?')
      await chat.page.locator('.card.asks').waitFor()
    }
    await ask()
    await chat.button('No, thanks').click()
    await chat.completed(1)
    expect(await chat.text()).toContain('you declined')

    await ask()
    await chat.button('Share my location').click()
    await chat.completed(2)
    expect(await chat.text()).toContain('the permission was refused')

    await context.grantPermissions(['geolocation'])
    // The tool reports its progress, and pauses; it holds at the second pause.
    await demo.model.holdAt({ pause: 1 })
    await ask()
    await chat.button('Share my location').click()
    await chat.answer.locator('.card progress').waitFor()
    await demo.model.goOn()
    await chat.completed(3)
    expect(await chat.text()).toContain('48.21, 16.37')
    await context.close()
  })

  test('stopping works from any tab', async () => {
    const { context } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-token', front)
    const { prompt, text } = answers.anthropic
    await demo.model.holdAt(100)
    await chat.ask(prompt)
    await chat.shows(100)
    const shown = await chat.text()
    const second = new Chat(await context.newPage())
    await second.goto(chat.page.url())
    await second.button('Stop the answer').click()
    for (const tab of [chat, second]) {
      await tab.page.locator('.answer[data-status=stopped]').waitFor()
      expect(await tab.text()).toBe(shown)
    }
    expect(text.startsWith(shown)).toBe(true)
    await context.close()
  })

  test('editing and asking again replace, in every tab, and keep what was', async () => {
    const { context } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    await demo.model.holdAt(50)
    await chat.ask('Who are you?')
    await chat.shows(50)
    await chat.button('Stop the answer').click()
    await chat.page.locator('.answer[data-status=stopped]').waitFor()
    await demo.model.goOn()
    await chat.button('Edit').click()
    await chat.page.getByRole('textbox', { name: 'Edit your message' }).fill(answers.thinking.prompt)
    await chat.page.locator('.editor').getByRole('button', { name: 'Send' }).click()
    await chat.completed()
    expect(await chat.page.locator('.prompt').count()).toBe(1)
    expect(await chat.page.locator('.answer').count()).toBe(1)
    expect(await chat.text()).toBe(answers.thinking.text)
    await chat.button('Regenerate').click()
    await chat.answer.getByText('2 of 2').waitFor()
    await chat.completed()
    await chat.page.reload()
    await chat.hydrated()
    await chat.answer.getByText('2 of 2').waitFor()
    expect(await chat.page.locator('.answer').count()).toBe(1)
    await chat.prompts.getByText('2 of 2').waitFor()
    await chat.prompts.getByRole('button', { name: 'Previous version' }).click()
    await chat.prompts.getByText('1 of 2').waitFor()
    expect(await chat.page.locator('.prompt .bubble').innerText()).toBe('Who are you?')
    expect(await chat.status()).toBe('stopped')
    await context.close()
  })

  test('older messages come while one scrolls up and an answer is written', async () => {
    const { context, complaints } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    for (let count = 1; count <= 13; count++) {
      await chat.ask(answers.thinking.prompt)
      await chat.completed(count)
    }
    await chat.reload()
    const { prompt, text } = answers.story
    await demo.model.holdAt(100)
    await chat.ask(prompt)
    await chat.shows(100)
    const scroller = chat.page.locator('.scroll')
    await expect
      .poll(async () => {
        await scroller.evaluate((element) => element.scrollBy({ top: -1200 }))
        return chat.prompts.count()
      })
      .toBe(14)
    // What one reads stays where it is while the answer below grows.
    const place = () => chat.prompts.nth(3).evaluate((element) => element.getBoundingClientRect().top)
    const before = await place()
    await demo.model.holdAt(1500)
    await chat.shows(1500)
    expect(Math.abs((await place()) - before)).toBeLessThan(2)
    await demo.model.goOn()
    await chat.page.locator('.answer[data-status=streaming]').waitFor({ state: 'detached' })
    expect(await chat.text()).toBe(text)
    await chat.button('Jump to end').click()
    expect(complaints).toEqual([])
    await context.close()
  })
})
