import { describe, expect, test } from 'vitest'
import { pdf, png } from '../demo/test/samples.ts'
import { screenshot } from './browser.ts'
import { Chat, fronts } from './chat.ts'
import { useBrowser, useDemo } from './stage.ts'

// What a person attaches shows, arrives, and stays: on this device, on others, and after a reload.

const person = useBrowser()
const demo = useDemo()

const picture = { name: 'cat.png', mimeType: 'image/png', buffer: Buffer.from(png(64, 48)) }
const paper = { name: 'paper.pdf', mimeType: 'application/pdf', buffer: Buffer.from(pdf(2)) }

/** Puts a file on the page the way a person does with a mouse, or with the keyboard. */
function give(chat: Chat, how: 'drop' | 'paste', { name, mimeType, buffer }: typeof picture): Promise<void> {
  return chat.page.evaluate(
    ([kind, file, type, bytes]) => {
      const data = new DataTransfer()
      data.items.add(new File([new Uint8Array(bytes)], file, { type }))
      const init = { bubbles: true, cancelable: true }
      const target = document.querySelector<HTMLElement>(kind === 'drop' ? '.scroll' : '.composer textarea')!
      if (kind === 'drop') {
        for (const name of ['dragover', 'drop'])
          target.dispatchEvent(new DragEvent(name, { ...init, dataTransfer: data }))
      } else target.dispatchEvent(new ClipboardEvent('paste', { ...init, clipboardData: data }))
    },
    [how, name, mimeType, [...buffer]] as const,
  )
}

const waiting = (chat: Chat) => chat.page.locator('.tray li')

/** Whether every picture of the newest prompt was loaded and shown. */
const picturesShown = (chat: Chat) =>
  chat.prompts
    .last()
    .locator('.attachments img')
    .evaluateAll((all) => all.map((one) => (one as HTMLImageElement).naturalWidth))

describe.each(fronts)('%s', (front) => {
  test('a picture and a PDF: previews, upload, an answer about them, reload, another answer', async () => {
    const { context, complaints } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    const chooser = chat.page.waitForEvent('filechooser')
    await chat.button('Attach files').click()
    await (await chooser).setFiles([picture, paper])
    await expect.poll(() => waiting(chat).count()).toBe(2)
    expect(await waiting(chat).first().locator('img').count()).toBe(1)
    await screenshot(chat.page, `${front}-tray`)

    // The upload holds: its progress shows in the prompt.
    let release = () => {}
    const held = new Promise<void>((resolve) => (release = resolve))
    await chat.page.route('**/files', (route) => held.then(() => route.continue()))
    await chat.ask('What is this?')
    await chat.page
      .locator('.prompt[data-delivery=uploading] .fate')
      .filter({ hasText: 'Uploading' })
      .waitFor()
    expect(await waiting(chat).count()).toBe(0)
    release()
    await chat.completed()
    expect(await chat.text()).toContain('cat.png**: a PNG picture of 64 by 48 pixels')
    expect(await chat.text()).toContain('paper.pdf**: a PDF document of 2 pages')

    const check = async (at: Chat) => {
      await expect.poll(() => picturesShown(at)).toEqual([64])
      const document = at.prompts.last().locator('[data-file=document] a')
      expect(await document.getAttribute('download')).toBe('paper.pdf')
      return document
    }
    await check(chat)
    await screenshot(chat.page, `${front}-attachments`)
    await chat.reload()
    const link = await check(chat)
    const download = chat.page.waitForEvent('download')
    await link.click()
    expect((await download).suggestedFilename()).toBe('paper.pdf')
    const second = new Chat(await context.newPage())
    await second.goto(chat.page.url())
    await check(second)
    await second.page.close()

    await chat.button('Regenerate').click()
    await chat.answer.locator('.versions').filter({ hasText: '2 of 2' }).waitFor()
    await chat.completed()
    expect(await chat.text()).toContain('64 by 48 pixels')
    await check(chat)
    expect(await chat.page.locator('.notice:visible').allInnerTexts()).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('files are dropped and pasted, taken away again, and refused when they are too large', async () => {
    const { context, complaints } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    await give(chat, 'drop', picture)
    await give(chat, 'paste', { ...picture, name: 'pasted.png' })
    await expect.poll(() => waiting(chat).count()).toBe(2)
    await chat.button('Remove cat.png').click()
    await expect.poll(() => waiting(chat).count()).toBe(1)
    await chat.page.evaluate(() => {
      const data = new DataTransfer()
      data.items.add(new File([new Uint8Array(11 * 1024 * 1024)], 'large.bin'))
      const event = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data })
      document.querySelector('.scroll')!.dispatchEvent(event)
    })
    await chat.page.locator('.tray .problem').filter({ hasText: 'large.bin is larger than 10 MB' }).waitFor()
    // A file needs no words.
    await chat.button('Send').click()
    await chat.completed()
    expect(await chat.text()).toContain('pasted.png**: a PNG picture of 64 by 48 pixels')
    expect(await chat.page.locator('.notice:visible').allInnerTexts()).toEqual([])
    expect(complaints).toEqual([])
    await context.close()
  })

  test('an upload that fails says so, and is tried again', async () => {
    const { context } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response', front)
    await chat.page.route('**/files', (route) => route.abort(), { times: 1 })
    await give(chat, 'drop', picture)
    await chat.ask('What is this?')
    await chat.page.locator('.fate.bad').filter({ hasText: 'unable to upload the file' }).waitFor()
    await chat.button('Retry').click()
    await chat.completed()
    expect(await chat.text()).toContain('64 by 48 pixels')
    await expect.poll(() => picturesShown(chat)).toEqual([64])
    await context.close()
  })
})
