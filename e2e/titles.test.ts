import { describe, expect, test } from 'vitest'
import { Chat, fronts } from './chat.ts'
import { useBrowser, useDemo } from './stage.ts'
import { answers } from './truth.ts'

// Conversations have names, and can be deleted; the keyboard is enough for both.

const person = useBrowser()
const demo = useDemo()

describe.each(fronts)('%s', (front) => {
  test('a conversation is called after its first prompt, renamed, and deleted', async () => {
    const { context, complaints } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const heading = chat.page.getByRole('heading', { level: 1 })
    await chat.ask(answers.thinking.prompt)
    await chat.completed()
    const entry = chat.page.locator('.entry[aria-current=page]')
    await entry.filter({ hasText: answers.thinking.prompt }).waitFor()
    expect(await heading.innerText()).toBe(answers.thinking.prompt)

    // Said in other words, it is called so here and everywhere.
    await chat.prompts.first().hover()
    await chat.prompts.first().getByRole('button', { name: 'Edit' }).click()
    await chat.page.getByRole('textbox', { name: 'Edit your message' }).fill('Who are you?')
    await chat.page.locator('.editor').getByRole('button', { name: 'Send' }).click()
    await chat.answer.filter({ hasNotText: '185' }).and(chat.page.locator('[data-status=complete]')).waitFor()
    await entry.filter({ hasText: 'Who are you?' }).waitFor()
    expect(await heading.innerText()).toBe('Who are you?')
    await chat.goto(`${demo.url}/${front}/`)
    await entry.filter({ hasText: 'Who are you?' }).waitFor()

    const rename = chat.button('Rename Who are you?')
    await rename.focus()
    await chat.page.keyboard.press('Enter')
    await chat.page.keyboard.type('Nothing')
    await chat.page.keyboard.press('Escape')
    await rename.waitFor()
    expect(await rename.evaluate((button) => button === document.activeElement)).toBe(true)
    await chat.page.keyboard.press('Enter')
    await chat.page.getByRole('textbox', { name: 'Title' }).fill('Sums')
    await chat.page.keyboard.press('Enter')
    await entry.filter({ hasText: 'Sums' }).waitFor()
    expect(await heading.innerText()).toBe('Sums')
    await chat.reload()
    await entry.filter({ hasText: 'Sums' }).waitFor()
    expect(await heading.innerText()).toBe('Sums')
    expect(await chat.page.title()).toBe('Sums · Rejoin')

    const before = chat.page.url()
    await entry.hover()
    await chat.button('Delete Sums').click()
    await chat.button('Delete Sums for good').click()
    await chat.page.waitForURL((url) => url.href !== before)
    await chat.hydrated()
    expect(await chat.page.getByText('Sums').count()).toBe(0)
    expect(await chat.page.locator('.notice:visible').allInnerTexts()).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  })
})
