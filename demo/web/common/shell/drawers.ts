import { h } from '../dom.ts'

export type Drawer = 'list' | 'panel'

/**
 * The columns beside the conversation; on a narrow page, drawers that slide over it. An open drawer is a dialog: the
 * keyboard stays in it, Escape closes it, and the focus returns to where it was.
 */
export class Drawers {
  readonly scrim = h('div', { class: 'scrim', onclick: () => this.close() })
  readonly #main: HTMLElement
  readonly #elements: Readonly<Record<Drawer, HTMLElement>>
  #open: Drawer | undefined
  #opener: HTMLElement | undefined

  constructor(main: HTMLElement, elements: Readonly<Record<Drawer, HTMLElement>>) {
    this.#main = main
    this.#elements = elements
    addEventListener('keydown', ({ key }) => key === 'Escape' && this.close())
    // Where there is room for it, it is no drawer any more.
    addEventListener('resize', () => this.#open && !this.#slides(this.#open) && this.close())
    this.#show()
  }

  open(drawer: Drawer): void {
    if (this.#open === undefined) this.#opener = document.activeElement as HTMLElement
    this.#open = drawer
    this.#show()
    this.#elements[drawer].querySelector<HTMLElement>('button, a')?.focus()
  }

  close(): void {
    if (this.#open === undefined) return
    this.#open = undefined
    this.#show()
    this.#opener?.focus({ preventScroll: true })
    this.#opener = undefined
  }

  #slides(drawer: Drawer): boolean {
    return getComputedStyle(this.#elements[drawer]).position === 'fixed'
  }

  #show(): void {
    const open = this.#open
    for (const [drawer, element] of Object.entries(this.#elements)) {
      element.dataset.open = String(drawer === open)
      element.inert = open !== undefined && drawer !== open
      for (const [name, value] of [
        ['role', 'dialog'],
        ['aria-modal', 'true'],
      ] as const)
        if (drawer === open) element.setAttribute(name, value)
        else element.removeAttribute(name)
    }
    this.#main.inert = open !== undefined
    this.scrim.dataset.open = String(open !== undefined)
  }
}
