import { h } from '../common/dom.ts'
import { unshown } from '../common/problem.ts'
import type { RowRef } from '../common/rows.ts'
import type { View } from '../common/view.ts'

/** One message. It listens to what it shows; its failure is its own. */
export class Row<T = unknown> {
  readonly element: HTMLElement
  readonly #view: View<T>
  readonly #subscribe: (changed: () => void, id: string) => () => void
  readonly #get: (ref: RowRef) => T | undefined
  #ref: RowRef | undefined
  #shown: T | undefined
  #stop = () => {}

  constructor(
    tag: 'div' | 'article',
    view: (element: HTMLElement) => View<T>,
    subscribe: (changed: () => void, id: string) => () => void,
    get: (ref: RowRef) => T | undefined,
  ) {
    const inner = h(tag)
    this.element = h('li', {}, inner)
    this.#view = view(inner)
    this.#subscribe = subscribe
    this.#get = get
  }

  /** Shows another version of the message, or the same one again. */
  update(ref: RowRef): void {
    if (ref.id !== this.#ref?.id) {
      this.#stop()
      this.#stop = this.#subscribe(() => this.#show(), ref.id)
    }
    this.#ref = ref
    this.#show()
  }

  close(): void {
    this.#stop()
    this.#view.dispose()
    this.element.remove()
  }

  #show(): void {
    const value = this.#get(this.#ref!)
    if (value === undefined || isSame(value, this.#shown)) return
    this.#shown = value
    try {
      this.#view.update(value)
    } catch (error) {
      console.error(error)
      this.#stop()
      this.element.replaceChildren(h('p', { class: 'notice' }, unshown))
    }
  }
}

/** Whether two objects hold the same values. */
function isSame<T>(one: T, other: T | undefined): boolean {
  return (
    other !== undefined &&
    Object.entries(one as object).every(([key, value]) => (other as Record<string, unknown>)[key] === value)
  )
}
