import { h, icon } from '../common/dom.ts'

export class Composer {
  readonly element: HTMLElement
  readonly #field: HTMLTextAreaElement
  readonly #send: HTMLButtonElement
  readonly #stop: HTMLButtonElement
  #streaming = false

  constructor(hint: string, send: (text: string) => void, stop: () => void) {
    this.#field = h('textarea', {
      rows: 1,
      'aria-label': 'Your message',
      placeholder: 'Ask anything',
      maxlength: 8000,
      oninput: () => this.#show(),
      onkeydown: (event) => {
        const { key, shiftKey, isComposing } = event as KeyboardEvent
        // While an input method composes a word, Enter belongs to it.
        if (key !== 'Enter' || shiftKey || isComposing) return
        event.preventDefault()
        submit()
      },
    })
    this.#send = h('button', { type: 'submit', class: 'send', 'aria-label': 'Send' }, icon('arrowUp'))
    this.#stop = h(
      'button',
      { type: 'button', class: 'send stop', 'aria-label': 'Stop the answer', onclick: stop },
      icon('stop'),
    )
    const submit = () => {
      const text = this.#field.value.trim()
      if (text === '') return
      this.#field.value = ''
      this.#show()
      send(text)
    }
    const onsubmit = (event: Event) => {
      event.preventDefault()
      submit()
    }
    this.element = h(
      'div',
      { class: 'composer' },
      h('form', { onsubmit }, this.#field, this.#send, this.#stop),
      h('p', { class: 'hint' }, hint),
    )
    this.#show()
  }

  update(streaming: boolean): void {
    this.#streaming = streaming
    this.#show()
  }

  #show(): void {
    const empty = this.#field.value.trim() === ''
    this.#stop.hidden = !(this.#streaming && empty)
    this.#send.hidden = !this.#stop.hidden
    this.#send.disabled = empty
  }
}
