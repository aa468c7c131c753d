import type { BrowserContext, Locator, Page } from 'playwright-core'
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
      await chat.button('Per token').click()
      await chat.page.waitForURL((now) => now.href !== before)
    }
    await chat.hydrated()
    return chat
  }

  async goto(url: string): Promise<void> {
    await this.page.goto(url)
    await this.hydrated()
  }

  async reload(): Promise<void> {
    await this.page.reload()
    await this.hydrated()
  }

  async hydrated(): Promise<void> {
    const ready = await this.page.waitForSelector('[data-hydrated=true]').catch(() => null)
    if (!ready)
      throw new Error(`unable to see the conversation; the page shows:\n${await this.page.innerText('body')}`)
  }

  async ask(prompt: string): Promise<void> {
    await this.page.getByRole('textbox', { name: 'Your message' }).fill(prompt)
    await this.page.keyboard.press('Enter')
  }

  get conversation(): string {
    return new URL(this.page.url()).pathname.split('/').at(-1)!
  }

  get answers(): Locator {
    return this.page.locator('.answer')
  }

  /** The newest answer. */
  get answer(): Locator {
    return this.answers.last()
  }

  get prompts(): Locator {
    return this.page.locator('.prompt')
  }

  get gaps(): Locator {
    return this.page.locator('[data-gap]')
  }

  button(name: string): Locator {
    return this.page.getByRole('button', { name, exact: true })
  }

  /** A line below an answer: `healed`, `verified`, … */
  fact(kind: string): Locator {
    return this.page.locator(`[data-fact=${kind}]`)
  }

  /** A row of the inspector. It stays, so it does not matter when one looks. */
  event(what: 'live' | 'disconnected' | 'discontinuity'): Locator {
    const { page } = this
    return page.locator('rejoin-inspector li').filter({ has: page.locator(`.what:text-is("${what}")`) })
  }

  /** The newest answer's text as shown on the page, without the marks of gaps. */
  text(): Promise<string> {
    return this.page.evaluate(readText)
  }

  /** The texts of all answers, in order. None of them has a gap. */
  texts(): Promise<string[]> {
    return this.answers.evaluateAll((all) =>
      all.map((answer) =>
        [...answer.querySelectorAll('[data-text]')].map((text) => text.textContent ?? '').join(''),
      ),
    )
  }

  reasoning(): Promise<string> {
    return this.answer
      .locator('[data-reasoning]')
      .evaluateAll((all) => all.map((one) => one.textContent ?? '').join(''))
  }

  /** The newest answer's rendered text, without our own marks of sources and heads of code blocks. */
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

  status(): Promise<string | null> {
    return this.answer.getAttribute('data-status')
  }

  /** Resolves when the newest answer shows so many characters. */
  async shows(characters: number): Promise<void> {
    // Evaluated from outside: the page's Content-Security-Policy forbids evaluating strings.
    await expect.poll(async () => (await this.text()).length).toBeGreaterThanOrEqual(characters)
  }

  /** Resolves when the newest answer shows this text and no other. */
  async showsAll(text: string): Promise<void> {
    await expect.poll(() => this.text()).toBe(text)
  }

  /** Resolves when so many answers are complete. */
  async completed(count = 1): Promise<void> {
    await this.page
      .locator('.answer[data-status=complete]')
      .nth(count - 1)
      .waitFor({ state: 'attached' })
  }

  async waitForStatus(text: string | RegExp): Promise<void> {
    await this.page.locator('.top .status').filter({ hasText: text }).waitFor()
  }

  fault(id: string): Locator {
    return this.page.locator(`[data-fault=${id}]`)
  }

  /** Presses a button of "Break it". Resolves when the server has done it. */
  async break(id: string): Promise<void> {
    const done = this.page.waitForResponse((response) => response.url().endsWith('/faults'))
    await this.fault(id).click()
    expect((await done).ok()).toBe(true)
  }

  /** Drops the connection with a button of "Break it", but for as long as the test needs. */
  async away(id: 'drop' | 'drop-long'): Promise<{ back(): Promise<void> }> {
    let ask: { url: string; body: object } | undefined
    await this.page.route(
      '**/faults',
      (route) => {
        const request = route.request()
        ask = { url: request.url(), body: request.postDataJSON() as object }
        return route.continue({ postData: JSON.stringify({ ...ask.body, milliseconds: 120_000 }) })
      },
      { times: 1 },
    )
    await this.break(id)
    await this.event('disconnected').first().waitFor()
    return {
      back: async () => {
        const { url, body } = ask!
        const connected = await this.event('live').count()
        await this.page.evaluate(
          ([to, json]) =>
            fetch(to!, { method: 'POST', body: json!, headers: { 'content-type': 'application/json' } }),
          [url, JSON.stringify({ ...body, milliseconds: 100 })],
        )
        await this.event('live').nth(connected).waitFor()
        await this.waitForStatus('Live')
      },
    }
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

/** From the next loading of the page on, remembers the first text that an answer ever showed. */
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
