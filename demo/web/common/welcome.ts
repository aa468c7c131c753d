import { h } from './dom.ts'
import { ideas } from './ideas.ts'

/** What an empty conversation shows. */
export class WelcomeView {
  readonly #element: HTMLElement

  constructor(element: HTMLElement, send: (text: string) => void) {
    this.#element = element
    element.className = 'welcome'
    const buttons = ideas.map((idea) => h('button', { type: 'button', onclick: () => send(idea) }, idea))
    element.append(
      h('h2', {}, 'Answers that stay whole, whatever happens on the way.'),
      h(
        'p',
        {},
        'Ask something. While the answer is being written, refresh this page, open it in a second tab, lose your connection, or lose a piece of the stream. The text ends up exactly as the model wrote it.',
      ),
      h('div', { class: 'ideas' }, ...buttons),
    )
  }

  dispose(): void {
    this.#element.replaceChildren()
  }
}
