import { describe, expect, test } from 'vitest'
import { Chat, fronts } from './chat.ts'
import { useBrowser, useDemo } from './stage.ts'

// Answers that are objects and pictures, in the demo.

const person = useBrowser()
const demo = useDemo()

describe.each(fronts)('%s', (front) => {
  test('a recipe shows field by field while it is written, and whole afterwards, everywhere', async () => {
    const { context, complaints } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const fields = ({ answer }: Chat) => ({
      title: answer.locator('.recipe .title'),
      ingredients: answer.locator('.recipe [data-field=ingredients] li'),
      steps: answer.locator('.recipe [data-field=steps] li'),
    })
    const { title, ingredients, steps } = fields(chat)
    await demo.model.holdAt(40)
    await chat.ask('Write down a recipe for tomato soup')
    await title.filter({ hasText: 'Tomato soup' }).waitFor()
    expect([await ingredients.count(), await steps.count()]).toEqual([0, 0])
    await demo.model.holdAt(150)
    await ingredients.first().filter({ hasText: '500 g ripe tomatoes' }).waitFor()
    expect(await ingredients.count()).toBeLessThan(5)
    expect(await steps.count()).toBe(0)
    expect(await chat.status()).toBe('streaming')
    await demo.model.goOn()
    await chat.completed()
    const whole = async (at: Chat) => {
      const shown = fields(at)
      await expect.poll(() => shown.steps.count()).toBe(3)
      expect(await shown.title.innerText()).toBe('Tomato soup')
      expect(await shown.ingredients.count()).toBe(5)
    }
    await whole(chat)
    await chat.reload()
    await whole(chat)
    const second = new Chat(await context.newPage())
    await second.goto(chat.page.url())
    await whole(second)
    expect(complaints).toEqual([])
    await context.close()
  })

  test('a picture is drawn: it shows, and after a reload too', async () => {
    const { context, complaints } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-token', front)
    await chat.ask('Draw a wave')
    await chat.completed()
    const width = () =>
      chat.answer.locator('.file img').evaluate((image) => (image as HTMLImageElement).naturalWidth)
    await expect.poll(width).toBe(240)
    await chat.reload()
    await expect.poll(width).toBe(240)
    expect(complaints).toEqual([])
    await context.close()
  })
})
