import { expect } from 'vitest'
import type { Page } from './browser.ts'

/** A person with a keyboard and no pointer. */
export class Keys {
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  /** The name of what has the focus. */
  focused(): Promise<string> {
    return this.#page.evaluate(() => {
      const { activeElement: element } = document
      const words = element?.getAttribute('aria-label') ?? element?.textContent?.trim()
      return words || (element?.querySelector('img')?.alt ?? '')
    })
  }

  /** Resolves when something with this name has the focus. */
  async has(name: string): Promise<void> {
    await expect.poll(() => this.focused()).toBe(name)
  }

  /** Goes to what begins with this name; on its way, everything shows that it has the focus. */
  async to(name: string, way: 'forwards' | 'backwards' = 'forwards'): Promise<void> {
    for (let presses = 0; presses < 80; presses++) {
      await this.#page.keyboard.press(way === 'forwards' ? 'Tab' : 'Shift+Tab')
      expect(await this.#page.evaluate(unmarked)).toBe('')
      if ((await this.focused()).startsWith(name)) return
    }
    throw new Error(`unable to reach "${name}" with the keyboard`)
  }

  /** Goes to what begins with this name, and presses it. */
  async press(name: string, way?: 'forwards' | 'backwards'): Promise<void> {
    await this.to(name, way)
    await this.#page.keyboard.press('Enter')
  }
}

/** What has the focus and does not show it. A field shows it by the border of its form. */
function unmarked(): string {
  let { activeElement: element } = document
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement
  if (!element || element === document.body) return ''
  const { outlineStyle, outlineWidth, opacity } = getComputedStyle(element)
  const ring = outlineStyle !== 'none' && parseFloat(outlineWidth) > 0 && opacity !== '0'
  const field = element.matches('textarea, input') && element.closest('form')
  return ring || field ? '' : element.outerHTML
}
