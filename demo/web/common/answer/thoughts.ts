import type { ResponseState } from '@rejoin/core'
import { h, icon } from '../dom.ts'
import type { Item, View } from '../items.ts'
import { getFormat } from '../preference.ts'
import { SafeTextView } from '../textView.ts'
import { describeDuration } from '../time.ts'
import type { ItemView } from './answerView.ts'

/** What a model thought, folded away, and for how long: as its agent says, or as this page saw. */
export class Thoughts implements ItemView {
  readonly element: HTMLElement
  readonly #words = document.createTextNode('')
  readonly #text: SafeTextView
  #began: number | undefined
  #lasted: number | undefined

  constructor() {
    const inner = h('div', { class: 'inner', 'data-reasoning': '' })
    this.#text = new SafeTextView(inner, getFormat(), 'reasoning')
    this.element = h('details', { class: 'thoughts' }, h('summary', {}, icon('chevron'), this.#words), inner)
  }

  update(item: Item, { metadata }: ResponseState, { sources, items }: View): void {
    if (item.kind !== 'reasoning') return
    if (item.open) this.#began ??= Date.now()
    else if (this.#began !== undefined) this.#lasted ??= Date.now() - this.#began
    // The agent tells the sum of all thoughts.
    const isOnly = items.filter(({ kind }) => kind === 'reasoning').length === 1
    const said = isOnly && typeof metadata?.thoughtFor === 'number' ? metadata.thoughtFor : undefined
    const lasted = said ?? this.#lasted
    this.element.dataset.state = item.open ? 'streaming' : 'done'
    this.#words.data = item.open
      ? 'Thinking…'
      : lasted === undefined
        ? 'Thoughts'
        : `Thought for ${describeDuration(lasted)}`
    this.#text.update(item, sources, item.open)
  }

  dispose(): void {
    this.#text.dispose()
  }
}
