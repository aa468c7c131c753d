import type { Page } from './browser.ts'

/** What one sees of the page that goes beyond its sides, unless it is in something that scrolls sideways by itself. */
export function sticksOut(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { clientWidth: width } = document.documentElement
    const visible = (element: Element) => element.checkVisibility({ visibilityProperty: true })
    return [...document.querySelectorAll('body *')]
      .filter((element) => visible(element) && !element.closest('pre, .table, .hidden-text'))
      .filter((element) => {
        const { left, right } = element.getBoundingClientRect()
        return left < -0.5 || right > width + 0.5
      })
      .map(({ outerHTML }) => `${outerHTML.slice(0, 120)} at ${width} px`)
  })
}
