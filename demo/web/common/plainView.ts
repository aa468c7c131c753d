import { segmentsOf } from '@rejoin/core'
import { chunksOf } from './chunks.ts'
import { gapMark } from './gaps.ts'
import { h } from './dom.ts'
import type { Marks, TextView } from './textView.ts'

/** A text exactly as the model wrote it, with its gaps marked. */
export class PlainView implements TextView {
  readonly #element: HTMLElement
  #shown = ''
  #marked = false

  constructor(element: HTMLElement) {
    this.#element = element
    element.dir = 'auto'
  }

  /** Appends to the existing text nodes if the text only grew. */
  update(text: string, { gaps }: Pick<Marks, 'gaps'>): void {
    const grown = gaps.length === 0 && !this.#marked && text.startsWith(this.#shown)
    if (grown) this.#grow(text.slice(this.#shown.length))
    else this.#element.replaceChildren(...marked(text, gaps))
    this.#shown = text
    this.#marked = gaps.length > 0
  }

  #grow(added: string): void {
    const last = this.#element.lastChild
    if (!(last instanceof Text)) return this.#element.append(...nodesOf(added))
    last.replaceWith(...nodesOf(last.data + added))
  }

  dispose(): void {
    this.#shown = ''
    this.#marked = false
    this.#element.replaceChildren()
  }
}

function marked(text: string, gaps: Marks['gaps']): Node[] {
  return segmentsOf(text, gaps).flatMap((segment): Node[] => {
    if (segment.type === 'gap') return [gapMark(segment.gap)]
    const nodes = nodesOf(segment.text)
    return segment.uncertain ? [h('span', { class: 'uncertain' }, ...nodes)] : nodes
  })
}

const nodesOf = (text: string) => chunksOf(text).map((chunk) => new Text(chunk))
