import type { Gap } from '@rejoin/core'
import type { Citation, Marks } from './markdown/marks.ts'
import { MarkdownView } from './markdown/view.ts'
import { PlainView } from './plainView.ts'
import type { Format } from './preference.ts'

export type { Citation, Marks }

/** A text that grows, in an element of its own: each front end owns the element, the view owns its content. */
export interface TextView {
  /** `final`: nothing follows. */
  update(text: string, marks: Marks, final: boolean): void
  dispose(): void
}

/** What a view shows. */
export interface ShownText {
  text: string
  gaps: readonly Gap[]
  marks?: readonly Citation[]
}

/** A view whose failure costs the format, and never the message. */
export class SafeTextView {
  readonly #element: HTMLElement
  #view: TextView

  constructor(element: HTMLElement, format: Format, kind: 'text' | 'reasoning') {
    this.#element = element
    const rendered = format === 'rendered'
    element.classList.add(rendered ? 'rendered' : 'plain')
    if (kind === 'text') element.dataset[rendered ? 'rendered' : 'text'] = ''
    this.#view = rendered ? new MarkdownView(element) : new PlainView(element)
  }

  update({ text, gaps, marks = [] }: ShownText, sources: Marks['sources'], growing: boolean): void {
    this.#element.dataset.growing = String(growing)
    const all = { gaps, citations: marks, sources }
    try {
      this.#view.update(text, all, !growing)
    } catch (error) {
      if (this.#view instanceof PlainView) throw error
      this.#view.dispose()
      this.#element.classList.replace('rendered', 'plain')
      this.#view = new PlainView(this.#element)
      this.#view.update(text, all, !growing)
    }
  }

  dispose(): void {
    this.#view.dispose()
  }
}
