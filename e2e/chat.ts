import type { BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'

export type Pattern = 'message-per-response' | 'message-per-token'

export const patterns: readonly Pattern[] = ['message-per-response', 'message-per-token']

export type Front = 'react' | 'vue' | 'script'

export const fronts: readonly Front[] = ['react', 'vue', 'script']

/** What a person does on the page, and what they see there. */
export class Chat {
  readonly page: Page

  constructor(page: Page) {
    this.page = page
  }

  /** Opens a new conversation of a pattern. */
  static async open(
    context: BrowserContext,
    url: string,
    pattern: Pattern,
    front: Front = 'react',
  ): Promise<Chat> {
    const chat = new Chat(await context.newPage())
    await chat.goto(`${url}/${front}/`)
    if (pattern === 'message-per-token') {
      const before = chat.page.url()
      await chat.page.getByRole('button', { name: 'Per token' }).click()
      await chat.page.waitForURL((now) => now.href !== before)
    }
    await chat.hydrated()
    return chat
  }

  async goto(url: string): Promise<void> {
    await this.page.goto(url)
    await this.hydrated()
  }

  async hydrated(): Promise<void> {
    const ready = await this.page
      .waitForSelector('[data-hydrated=true]', { timeout: 15_000 })
      .catch(() => null)
    if (!ready)
      throw new Error(`unable to see the conversation; the page shows:\n${await this.page.innerText('body')}`)
  }

  async ask(prompt: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Your message' }).fill(prompt)
    await this.page.keyboard.press('Enter')
  }

  /** The text of the newest answer, as it stands on the page: without the marks for what is missing. */
  text(): Promise<string> {
    return this.page.evaluate(readText)
  }

  reasoning(): Promise<string> {
    return this.page
      .locator('.answer')
      .last()
      .locator('[data-reasoning]')
      .evaluateAll((all) => all.map((one) => one.textContent ?? '').join(''))
  }

  status(): Promise<string | null> {
    return this.page.locator('.answer').last().getAttribute('data-status')
  }

  /** Resolves when the newest answer shows more than so many characters. */
  async grows(beyond: number): Promise<void> {
    // Asked from here: the page's Content-Security-Policy lets nobody evaluate a string inside.
    await expect.poll(async () => (await this.text()).length, { timeout: 30_000 }).toBeGreaterThan(beyond)
  }

  async completed(): Promise<void> {
    await this.page.locator('.answer[data-status=complete]').last().waitFor({ timeout: 60_000 })
  }

  get answer() {
    return this.page.locator('.answer').last()
  }

  button(name: string) {
    return this.page.getByRole('button', { name, exact: true })
  }

  /** The rendered text of the newest answer, without what is ours: marks of sources, heads of code blocks. */
  rendered(): Promise<string> {
    return this.answer.evaluate((answer) =>
      [...answer.querySelectorAll('[data-rendered]')]
        .map((part) => {
          const copy = part.cloneNode(true) as Element
          for (const ours of copy.querySelectorAll('[data-gap], [data-cite], figcaption')) ours.remove()
          return copy.textContent ?? ''
        })
        .join(' '),
    )
  }

  fault(id: string) {
    return this.page.locator(`[data-fault=${id}]`)
  }

  async waitForStatus(text: string | RegExp): Promise<void> {
    await this.page.locator('.status').filter({ hasText: text }).waitFor()
  }
}

/** Runs in the page. */
function readText(): string {
  const answer = [...document.querySelectorAll('.answer')].at(-1)
  const texts = [...(answer?.querySelectorAll('[data-text]') ?? [])]
  return texts
    .map((text) => {
      const copy = text.cloneNode(true) as Element
      for (const gap of copy.querySelectorAll('[data-gap]')) gap.remove()
      return copy.textContent ?? ''
    })
    .join('')
}

/** Runs before any script of the page: remembers the first text that an answer ever showed. */
export async function recordFirstText(page: Page): Promise<() => Promise<string>> {
  await page.addInitScript(`
    const readText = ${readText.toString()};
    globalThis.firstText = undefined;
    addEventListener('DOMContentLoaded', () => {
      new MutationObserver((_, observer) => {
        const text = readText();
        if (text === '') return;
        globalThis.firstText = text;
        observer.disconnect();
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    });
  `)
  return () => page.evaluate(() => (globalThis as { firstText?: string }).firstText ?? '')
}
