import { describe, expect, test } from 'vitest'
import { screenshot, type BrowserContext } from './browser.ts'
import { Chat, fronts } from './chat.ts'
import { useBrowser, useDemo } from './stage.ts'
import { answers } from './truth.ts'

// A conversation has branches, on every device, and its agent remembers the one on which it is asked.

const person = useBrowser()
const demo = useDemo()

const recall = 'What have I asked so far?'

/** Asks, and waits for the whole answer, the only one that comes. */
async function ask(chat: Chat, prompt: string): Promise<string> {
  const before = await chat.answers.count()
  await chat.ask(prompt)
  await expect.poll(() => chat.answers.count()).toBe(before + 1)
  await chat.answers.nth(before).and(chat.page.locator('[data-status=complete]')).waitFor()
  return chat.text()
}

/** What the page shows of each prompt, in order. */
const prompts = (chat: Chat) => chat.page.locator('.prompt .bubble').allInnerTexts()

const shows = (chat: Chat, ...texts: string[]) => expect.poll(() => prompts(chat)).toEqual(texts)

const version = (chat: Chat, at: number, text: string) =>
  chat.prompts.nth(at).locator('.versions').filter({ hasText: text }).waitFor()

const turn = (chat: Chat, to: 'Previous' | 'Next') =>
  chat.prompts
    .first()
    .getByRole('button', { name: `${to} version` })
    .click()

async function edit(chat: Chat, at: number, text: string): Promise<void> {
  await chat.prompts.nth(at).hover()
  await chat.prompts.nth(at).getByRole('button', { name: 'Edit' }).click()
  await chat.page.getByRole('textbox', { name: 'Edit your message' }).fill(text)
  await chat.page.locator('.editor').getByRole('button', { name: 'Send' }).click()
}

describe.each(fronts)('%s', (front) => {
  test('the first of three prompts is edited: another branch, on every device, that the agent remembers', async () => {
    const { context, complaints } = await person()
    const pattern = front === 'vue' ? 'message-per-token' : 'message-per-response'
    const chat = await Chat.open(context, demo.url, pattern, front)
    const [first, second] = [answers.thinking.prompt, 'Who are you?']
    await ask(chat, first)
    await ask(chat, second)
    expect(await ask(chat, recall)).toContain(`1. ${first}\n2. ${second}`)
    expect(await chat.answers.last().innerText()).not.toContain('3.')

    await edit(chat, 0, 'Invent a holiday')
    await chat.completed(1)
    await shows(chat, 'Invent a holiday')
    await version(chat, 0, '2 of 2')
    await screenshot(chat.page, `${front}-branches`)

    // Back and forth, with the keyboard's focus where it was.
    await turn(chat, 'Previous')
    await shows(chat, first, second, recall)
    expect(await chat.answers.count()).toBe(3)
    expect(await chat.page.evaluate(() => document.activeElement?.getAttribute('data-act'))).toBe('previous')
    await turn(chat, 'Next')
    await shows(chat, 'Invent a holiday')
    await turn(chat, 'Previous')
    await shows(chat, first, second, recall)

    // This device keeps its choice; another one shows the branch that was written to last.
    await chat.reload()
    await shows(chat, first, second, recall)
    const device = await person({ storageState: withoutChoices(await context.storageState()) })
    const other = new Chat(await device.context.newPage())
    await other.goto(chat.page.url())
    await shows(other, 'Invent a holiday')

    // Both ask, each on its own branch; neither moves the other.
    expect(await ask(other, recall)).toContain('1. Invent a holiday')
    expect(await ask(chat, recall)).toContain(`1. ${first}\n2. ${second}\n3. ${recall}`)
    await shows(chat, first, second, recall, recall)
    await shows(other, 'Invent a holiday', recall)

    // A new process of the agent remembers as well.
    demo.model.keepOut()
    await chat.break('kill')
    await chat.page.locator('.presence').filter({ hasText: 'Agent offline' }).waitFor()
    demo.model.letIn()
    await chat.page.locator('.presence').filter({ hasText: 'Agent online' }).waitFor()
    expect(await ask(chat, recall)).toContain(`1. ${first}\n2. ${second}\n3. ${recall}\n4. ${recall}`)
    for (const { page } of [chat, other])
      expect(await page.locator('.notice:visible').allInnerTexts()).toEqual([])
    expect([...complaints, ...device.complaints]).toEqual([])
    await device.context.close()
    await context.close()
  })

  test('an answer further up has versions too, and what follows it stays', async () => {
    const { context, complaints } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    await ask(chat, answers.thinking.prompt)
    await ask(chat, 'Who are you?')
    const first = chat.answers.first()
    await first.hover()
    await first.getByRole('button', { name: 'Regenerate' }).click()
    await first.locator('.versions').filter({ hasText: '2 of 2' }).waitFor()
    await chat.page.locator('.answer[data-status=streaming]').waitFor({ state: 'detached' })
    expect(await first.getAttribute('data-status')).toBe('complete')
    await first.getByRole('button', { name: 'Previous version' }).click()
    await first.locator('.versions').filter({ hasText: '1 of 2' }).waitFor()
    await shows(chat, answers.thinking.prompt, 'Who are you?')
    await chat.reload()
    await first.locator('.versions').filter({ hasText: '1 of 2' }).waitFor()
    await shows(chat, answers.thinking.prompt, 'Who are you?')
    expect(await chat.page.locator('.notice:visible').allInnerTexts()).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('what has not begun is stopped: while the agent thinks, and while there is none', async () => {
    const { context, complaints } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    await demo.model.holdAt({ text: 0, reasoning: 0, other: 0 })
    await chat.ask(answers.openai.prompt)
    await chat.page.locator('.answer[data-status=streaming]').waitFor()
    expect(await chat.text()).toBe('')
    await chat.button('Stop the answer').click()
    await chat.page.locator('.answer[data-status=stopped]').waitFor()
    await demo.model.goOn()

    demo.model.keepOut()
    await chat.break('kill')
    await chat.page.locator('.presence').filter({ hasText: 'Agent offline' }).waitFor()
    await chat.ask('Who are you?')
    await chat.page.locator('.waiting').filter({ hasText: 'The agent is offline' }).waitFor()
    await chat.button('Take the message back').click()
    await chat.page.locator('.fate').filter({ hasText: 'Taken back' }).waitFor()
    await screenshot(chat.page, `${front}-taken-back`)
    demo.model.letIn()
    await chat.page.locator('.presence').filter({ hasText: 'Agent online' }).waitFor()
    // The agent says that it stopped, and answers nothing but the next prompt.
    await chat.page.locator('.answer[data-status=stopped]').nth(1).waitFor()
    await ask(chat, answers.thinking.prompt)
    expect(await chat.texts()).toEqual(['', '', answers.thinking.text])
    expect(await chat.page.locator('.notice:visible').allInnerTexts()).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('another answer is waited for and taken back; the one before shows again', async () => {
    const { context, complaints } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const text = await ask(chat, answers.thinking.prompt)
    demo.model.keepOut()
    await chat.break('kill')
    await chat.page.locator('.presence').filter({ hasText: 'Agent offline' }).waitFor()
    await chat.button('Regenerate').click()
    const versions = chat.prompts.first().getByRole('group', { name: 'Versions of the answer' })
    await versions.filter({ hasText: '2 of 2' }).waitFor()
    expect(await chat.answers.count()).toBe(0)
    await chat.button('Take the message back').click()
    await versions.getByRole('button', { name: 'Previous version' }).click()
    await chat.showsAll(text)
    await chat.answer.locator('.versions').filter({ hasText: '1 of 2' }).waitFor()
    demo.model.letIn()
    await chat.page.locator('.presence').filter({ hasText: 'Agent online' }).waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a stopped answer is continued, and the two parts are what the model says', async () => {
    const { context, complaints } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const { prompt, text } = answers.openai
    await demo.model.holdAt(200)
    await chat.ask(prompt)
    await chat.shows(200)
    await chat.button('Stop the answer').click()
    await chat.page.locator('.answer[data-status=stopped]').waitFor()
    const begun = await chat.text()
    await demo.model.goOn()
    await chat.button('Continue').click()
    await chat.completed()
    expect(begun + (await chat.text())).toBe(text)
    expect(await chat.page.locator('.notice:visible').allInnerTexts()).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  })
})

/** The same person on another device: signed in, with nothing that the page keeps. */
const withoutChoices = (state: Awaited<ReturnType<BrowserContext['storageState']>>) => ({
  ...state,
  origins: [],
})
