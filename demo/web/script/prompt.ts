import type { PromptState, Session } from '@rejoin/core'
import { chunksOf } from '../common/chunks.ts'
import { h, icon } from '../common/dom.ts'
import { describeFailure } from '../common/failure.ts'
import { timeElement } from '../common/time.ts'
import type { Turn } from '../common/turns.ts'

interface Actions {
  send(turn: Turn, text: string): void
  choose(turn: Turn, version: number): void
}

/** What a user said, with its versions. */
export class Prompt {
  readonly element = h('div')
  readonly #session: Session
  readonly #actions: Actions
  #turn: Turn
  #editing = false
  #shown = ''

  constructor(id: string, session: Session, actions: Actions) {
    this.#session = session
    this.#actions = actions
    this.#turn = { id, role: 'user' }
    this.update(this.#turn)
  }

  /** Prompts do not stream: what changed is drawn again. */
  update(turn: Turn): void {
    this.#turn = turn
    const prompt = this.#session.getPrompt(turn.id)
    if (!prompt) return
    const failure = prompt.delivery === 'failed' && describeFailure(prompt, this.#session.getSnapshot())
    const shown = JSON.stringify([prompt.text, prompt.delivery, failure, turn, this.#editing])
    if (shown === this.#shown) return
    this.#shown = shown
    this.element.replaceChildren(this.#editing ? this.#editor(prompt.text) : this.#line(prompt, failure))
  }

  close(): void {}

  #line({ text, delivery, createdAt }: PromptState, failure: string | false): HTMLElement {
    const { id, version = 1, versions = 1 } = this.#turn
    const retry = () => void this.#session.retryMessage(id).catch(() => {})
    const choose = (by: number) => () => this.#actions.choose(this.#turn, version + by)
    return h(
      'div',
      { class: 'prompt', 'data-prompt': id, 'data-delivery': delivery },
      h('div', { class: 'bubble', dir: 'auto' }, ...chunksOf(text)),
      failure &&
        h(
          'div',
          { class: 'failed', role: 'alert' },
          `${failure} `,
          h('button', { type: 'button', onclick: retry }, 'Retry'),
        ),
      h(
        'div',
        { class: 'acts' },
        versions > 1 &&
          h(
            'span',
            { class: 'versions' },
            h(
              'button',
              {
                type: 'button',
                'aria-label': 'Previous version',
                disabled: version === 1,
                onclick: choose(-1),
              },
              icon('back'),
            ),
            `${version} of ${versions}`,
            h(
              'button',
              {
                type: 'button',
                'aria-label': 'Next version',
                disabled: version === versions,
                onclick: choose(1),
              },
              icon('chevron'),
            ),
          ),
        delivery === 'sent' &&
          h(
            'button',
            { type: 'button', class: 'act', onclick: () => this.#edit(true) },
            icon('pencil'),
            'Edit',
          ),
        ...timeElement(createdAt),
      ),
    )
  }

  #editor(text: string): HTMLElement {
    const field = h(
      'textarea',
      { 'aria-label': 'Edit your message', dir: 'auto', rows: 2, maxlength: 8000 },
      text,
    )
    const onsubmit = (event: Event) => {
      event.preventDefault()
      const edited = field.value.trim()
      if (edited === '') return
      this.#edit(false)
      this.#actions.send(this.#turn, edited)
    }
    queueMicrotask(() => field.focus())
    return h(
      'form',
      { class: 'editor', onsubmit },
      field,
      h(
        'div',
        { class: 'choices' },
        h('button', { type: 'button', class: 'button', onclick: () => this.#edit(false) }, 'Cancel'),
        h('button', { type: 'submit', class: 'button first' }, 'Send'),
      ),
    )
  }

  #edit(editing: boolean): void {
    this.#editing = editing
    this.update(this.#turn)
  }
}
