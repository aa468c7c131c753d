import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { screenshot } from './browser.ts'
import { Chat, patterns, recordFirstText } from './chat.ts'
import { lose } from './losing.ts'
import { useBrowser, useDemo, useOwnDemo } from './stage.ts'
import { answers } from './truth.ts'

// What the README promises to a newcomer, step by step. The model writes as far as it is told, and no further.

/** Kept across a restart of the demo: only the database survives it. */
const data = mkdtempSync(join(tmpdir(), 'rejoin-newcomer-'))

const person = useBrowser()
afterAll(() => rmSync(data, { recursive: true, force: true }))
const demo = useOwnDemo({ DEMO_DATA: data, DEMO_STATE_TTL: '120000' })
const forgetful = useDemo('forgetful')

describe.each(patterns)('%s', (pattern) => {
  test('an answer streams, thinking first, and ends exactly as the model wrote it', async () => {
    const { context, complaints } = await person()
    const chat = await Chat.open(context, demo.url, pattern)
    await screenshot(chat.page, `${pattern}-welcome`)
    await demo.model.holdAt({ reasoning: 20 })
    const { prompt, text, reasoning } = answers.thinking
    await chat.ask(prompt)
    await expect.poll(async () => (await chat.reasoning()).length).toBeGreaterThan(10)
    expect(reasoning.startsWith(await chat.reasoning())).toBe(true)
    expect(await chat.text()).toBe('')
    expect(await chat.status()).toBe('streaming')
    await demo.model.goOn()
    await chat.completed()
    expect(await chat.text()).toBe(text)
    expect(await chat.reasoning()).toBe(reasoning)
    const order = await chat.answer
      .locator('[data-reasoning], [data-text]')
      .evaluateAll((all) => all.map((one) => (one.hasAttribute('data-text') ? 'text' : 'reasoning')))
    expect(order[0]).toBe('reasoning')
    await chat.fact('verified').waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a refresh in mid-answer shows the whole answer so far at once, and goes on', async () => {
    const { context, complaints } = await person()
    const chat = await Chat.open(context, demo.url, pattern)
    const { prompt, text } = answers.openai
    await demo.model.holdAt(500)
    await chat.ask(prompt)
    await chat.shows(500)
    const before = await chat.text()
    expect(text.startsWith(before)).toBe(true)
    const firstText = await recordFirstText(chat.page)
    await chat.reload()
    await chat.shows(1)
    expect(await firstText()).toBe(before)
    expect(await chat.status()).toBe('streaming')
    await screenshot(chat.page, `${pattern}-refreshed`)
    await demo.model.goOn()
    await chat.completed()
    expect(await chat.text()).toBe(text)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a second tab shows the same, live; after both were closed, the database has it', async () => {
    const { context } = await person()
    const chat = await Chat.open(context, demo.url, pattern)
    const { prompt, text } = answers.anthropic
    await demo.model.holdAt(200)
    await chat.ask(prompt)
    await chat.shows(200)
    const second = new Chat(await context.newPage())
    await second.goto(chat.page.url())
    await second.showsAll(await chat.text())
    expect(await second.status()).toBe('streaming')
    await demo.model.holdAt(500)
    await chat.shows(500)
    await second.showsAll(await chat.text())
    expect(text.startsWith(await second.text())).toBe(true)

    const { pathname } = new URL(chat.page.url())
    const id = chat.conversation
    await chat.page.close()
    await second.page.close()
    await demo.model.goOn()
    await expect
      .poll(async () => {
        const answer = await context.request.get(`${demo.url}/api/conversations/${id}/rows`)
        const { rows } = (await answer.json()) as { rows: { role: string; status?: string }[] }
        return rows.find(({ role }) => role === 'assistant')?.status
      })
      .toBe('complete')

    // A new process knows nothing of the channels: what it shows, it has from the database.
    await demo.restart()
    const later = new Chat(await context.newPage())
    await later.goto(`${demo.url}${pathname}`)
    await later.completed()
    expect(await later.text()).toBe(text)
    await context.close()
  })

  test('a lost publish: the gap is shown where it is, and filled', async () => {
    const { context, complaints } = await person()
    const chat = await Chat.open(context, demo.url, pattern)
    const { prompt, text } = answers.openai
    await demo.model.holdAt(300)
    await chat.ask(prompt)
    await chat.shows(300)
    const { hear, at } = await lose(demo, chat, 'lose', 300)
    await screenshot(chat.page, `${pattern}-gap`)
    const shown = await chat.answer.evaluate((answer) => ({
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
    const honest = Array.from({ length: shown.text.length + 1 }, (_, place) => place).some(
      (place) =>
        text.startsWith(shown.text.slice(0, place)) &&
        text.slice(place + shown.missing, shown.text.length + shown.missing) === shown.text.slice(place),
    )
    expect(honest).toBe(true)
    await hear()
    await chat.fact('healed').waitFor()
    expect(await chat.gaps.count()).toBe(0)
    await chat.shows(at)
    expect(text.startsWith(await chat.text())).toBe(true)
    await screenshot(chat.page, `${pattern}-healed`)
    await demo.model.goOn()
    await chat.completed()
    await chat.showsAll(text)
    await chat.fact('verified').waitFor()
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a lost connection is resumed: what was written meanwhile is there, and nothing is read again', async () => {
    const { context, complaints } = await person()
    const chat = await Chat.open(context, demo.url, pattern)
    const { prompt, text } = answers.openai
    await demo.model.holdAt(300)
    await chat.ask(prompt)
    await chat.shows(300)
    const before = await chat.text()
    const { back } = await chat.away('drop')
    await chat.waitForStatus(/Reconnecting|Offline/)
    await demo.model.holdAt(900)
    await demo.model.held()
    expect(await chat.text()).toBe(before)
    await screenshot(chat.page, `${pattern}-reconnecting`)
    await back()
    await chat.shows(900)
    expect(text.startsWith(await chat.text())).toBe(true)
    expect(await chat.event('discontinuity').count()).toBe(0)
    await demo.model.goOn()
    await chat.completed()
    await chat.showsAll(text)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a connection lost for longer than the server remembers it: the answer is whole', async () => {
    const { context, complaints } = await person()
    const chat = await Chat.open(context, forgetful.url, pattern)
    const { prompt, text } = answers.openai
    await forgetful.model.holdAt(300)
    await chat.ask(prompt)
    await chat.shows(300)
    const before = await chat.text()
    const { back } = await chat.away('drop-long')
    await chat.waitForStatus('Offline')
    await forgetful.model.holdAt(900)
    await forgetful.model.held()
    expect(await chat.text()).toBe(before)
    await back()
    await chat.event('discontinuity').first().waitFor()
    await chat.shows(900)
    await forgetful.model.goOn()
    await chat.completed()
    await chat.showsAll(text)
    expect(complaints).toEqual([])
    await context.close()
  })
})
