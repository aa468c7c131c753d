import type { ResponseState } from '@rejoin/core'
import { h, icon } from '../dom.ts'
import { factsOf } from '../facts.ts'
import { timeElement } from '../time.ts'
import type { AnswerActions } from './answerView.ts'

/** What is known about an answer, and what can be done with it, in a line below it. */
export class FactsLine {
  readonly element = h('footer', { class: 'facts' })
  readonly #actions: AnswerActions
  readonly #said = h('span', { class: 'said', 'aria-live': 'polite' })
  readonly #acts = h('span', { class: 'acts' })
  #facts = ''
  #ended: boolean | undefined
  #response: ResponseState | undefined

  constructor(actions: AnswerActions) {
    this.#actions = actions
    this.element.append(this.#said, this.#acts)
  }

  update(response: ResponseState): void {
    this.#response = response
    const { happenings, connection } = this.#actions.stage
    const facts = factsOf(response, happenings.get().filled[response.id], connection.isStored(response))
    const shown = JSON.stringify(facts)
    if (shown !== this.#facts) {
      this.#facts = shown
      this.#said.replaceChildren(
        ...facts.map(({ kind, tone, text, icon: name }) =>
          h('span', { class: `fact ${tone}`, 'data-fact': kind }, name && icon(name), text),
        ),
      )
    }
    const ended = response.status !== 'streaming'
    if (ended === this.#ended) return
    this.#ended = ended
    this.#acts.replaceChildren(...(ended ? this.#buttons(response) : []))
  }

  #buttons({ createdAt, promptId }: ResponseState): Node[] {
    const again = () => this.#response && this.#actions.regenerate(this.#response)
    return [
      copyButton(() => this.#response?.text ?? ''),
      ...(promptId === undefined
        ? []
        : [h('button', { type: 'button', class: 'act', onclick: again }, icon('retry'), 'Regenerate')]),
      ...timeElement(createdAt),
    ]
  }
}

function copyButton(text: () => string): HTMLElement {
  const words = document.createTextNode('Copy')
  const say = (said: string) => {
    words.data = said
    setTimeout(() => (words.data = 'Copy'), 1500)
  }
  const onclick = () =>
    void navigator.clipboard.writeText(text()).then(
      () => say('Copied'),
      () => say('Not allowed'),
    )
  const button = h('button', { type: 'button', class: 'act', onclick }, icon('copy'))
  button.append(words)
  return button
}
