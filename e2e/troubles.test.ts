import { createServer, type Server } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { screenshot } from './browser.ts'
import { Chat } from './chat.ts'
import { failingDemo, startDemo } from './demo.ts'
import { useBrowser, useOwnDemo } from './stage.ts'
import { answers } from './truth.ts'

// What goes wrong says what it is and what to do about it, and loses nothing.

describe('the command', () => {
  const data = mkdtempSync(join(tmpdir(), 'rejoin-troubles-'))
  const env = { DEMO_DATA: data, PORT: '0' }
  afterAll(() => rmSync(data, { recursive: true, force: true }))

  async function busyPort(): Promise<{ server: Server; port: number }> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    return { server, port: (server.address() as { port: number }).port }
  }

  test('a port that was asked for and is taken', async () => {
    const { server, port } = await busyPort()
    const { code, output } = await failingDemo({ ...env, PORT: String(port) })
    server.close()
    expect(code).toBe(1)
    expect(output).toContain(`unable to listen on port ${port}; something else listens there.`)
  })

  test.each([
    ['a port that is none', { PORT: 'http' }, 'unable to use PORT=http; give a whole number'],
    ['half a key', { ABLY_API_KEY: 'appId.keyId' }, 'unable to use ABLY_API_KEY; an Ably key looks like'],
    [
      'a database address that is none',
      { DATABASE_URL: 'mysql://localhost/x' },
      'unable to use DATABASE_URL; it must look like postgres://',
    ],
    [
      'a database that does not answer',
      { DATABASE_URL: 'postgres://me:secret-word@127.0.0.1:9/chat' },
      'unable to reach the database at postgres://me:***@127.0.0.1:9/chat;',
    ],
  ])('%s', async (_, wrong, message) => {
    const { code, output } = await failingDemo({ ...env, ...wrong })
    expect(code).toBe(1)
    expect(output).toContain(message)
    expect(output).not.toContain('secret-word')
    // A sentence, not a stack.
    expect(output).not.toMatch(/^\s+at /m)
  })

  test('a data folder that another demo uses', async () => {
    const demo = await startDemo({ DEMO_DATA: data })
    try {
      const { code, output } = await failingDemo(env)
      expect(code).toBe(1)
      expect(output).toMatch(
        /unable to open the embedded database in .*; another demo \(process \d+\) uses it/,
      )
    } finally {
      await demo.stop()
    }
  })
})

describe('the page', () => {
  const person = useBrowser()
  const demo = useOwnDemo()

  test("somebody else's conversation, or none at all", async () => {
    const { context } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response')
    const { context: other } = await person()
    const page = await other.newPage()
    for (const path of [new URL(chat.page.url()).pathname, '/react/none']) {
      await page.goto(`${demo.url}${path}`)
      await page.getByRole('heading', { name: 'This conversation cannot be opened' }).waitFor()
      await page.getByRole('alert').filter({ hasText: 'belongs to someone else' }).waitFor()
    }
    await screenshot(page, 'not-mine')
    // There is nothing to break, and the buttons say so.
    for (const name of ['Break it for me', 'Compare']) {
      expect(await page.getByRole('button', { name }).getAttribute('aria-disabled')).toBe('true')
      await page.getByRole('button', { name }).click({ force: true })
    }
    await page.getByText('There is no conversation to break.').waitFor()
    expect(await page.locator('.dock').isHidden()).toBe(true)
    await page.getByRole('button', { name: 'Start again' }).click()
    await new Chat(page).hydrated()
    await context.close()
    await other.close()
  })

  test('a conversation that cannot be reached: what needs it says so, and works when it is there', async () => {
    const { context } = await person()
    let reach = () => {}
    const reachable = new Promise<void>((resolve) => (reach = resolve))
    await context.routeWebSocket(/./, async (socket) => {
      await reachable
      socket.connectToServer()
    })
    const page = await context.newPage()
    await page.goto(`${demo.url}/react/`)
    const compare = page.getByRole('button', { name: 'Compare' })
    await page.getByText('Not connected yet, so there is nothing to break or compare.').waitFor()
    expect(await compare.getAttribute('aria-disabled')).toBe('true')
    await screenshot(page, 'unreachable')
    reach()
    await page.locator('.panel [aria-disabled=false]').first().waitFor()
    await compare.click()
    await page.locator('.dock').waitFor()
    await context.close()
  })

  test('a prompt sent while the connection is away is kept, shown as such, and answered later', async () => {
    const { context } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response')
    const { back } = await chat.away('drop')
    await chat.ask(answers.thinking.prompt)
    await chat.page
      .locator('.prompt[data-delivery=sending]')
      .getByText('Sent when the connection is back')
      .waitFor()
    await screenshot(chat.page, 'sending')
    await back()
    await chat.page.locator('.prompt[data-delivery=sent]').waitFor()
    await chat.completed()
    expect(await chat.text()).toBe(answers.thinking.text)
    expect(await chat.prompts.count()).toBe(1)
    await context.close()
  })

  test('the demo itself ends while the page is open: the page says so, and keeps what it has', async () => {
    const { context } = await person()
    const chat = await Chat.open(context, demo.url, 'message-per-response')
    await chat.ask(answers.thinking.prompt)
    await chat.completed()
    await demo.stop()
    await chat.waitForStatus(/Reconnecting|Offline/)
    expect(await chat.text()).toBe(answers.thinking.text)
    await context.close()
  })
})
