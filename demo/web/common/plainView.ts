import { gapMark, segmentsOf } from './gaps.ts'
import { h } from './dom.ts'
import type { Marks, TextView } from './textView.ts'

/** A text exactly as the model wrote it, with its gaps marked. */
export class PlainView implements TextView {
  readonly #element: HTMLElement
  #only: Text | undefined

  constructor(element: HTMLElement) {
    this.#element = element
    element.dir = 'auto'
  }

  /** Text that only grew is added to the text node that is there. */
  update(text: string, { gaps }: Pick<Marks, 'gaps'>): void {
    if (gaps.length === 0 && this.#only && text.startsWith(this.#only.data)) {
      this.#only.appendData(text.slice(this.#only.length))
      return
    }
    this.#only = gaps.length === 0 ? new Text(text) : undefined
    this.#element.replaceChildren(...(this.#only ? [this.#only] : marked(text, gaps)))
  }

  dispose(): void {
    this.#only = undefined
    this.#element.replaceChildren()
  }
}

function marked(text: string, gaps: Marks['gaps']): (Node | string)[] {
  return segmentsOf(text, gaps).map((segment) =>
    segment.kind === 'gap'
      ? gapMark(segment.gap)
      : segment.uncertain
        ? h('span', { class: 'uncertain' }, segment.text)
        : segment.text,
  )
}
