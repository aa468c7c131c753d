import { h, icon, set } from '../common/dom.ts'
import { mayFocus } from '../common/focus.ts'
import type { Streaming } from '../common/streaming.ts'

export class Composer {
  readonly element: HTMLElement
  readonly #field: HTMLTextAreaElement
  readonly #send: HTMLButtonElement
  readonly #stop: HTMLButtonElement
  readonly #streaming: Streaming
  readonly #unsubscribe: () => void

  constructor(streaming: Streaming, hint: string, send: (text: string) => void, stop: () => void) {
    this.#streaming = streaming
    this.#field = h('textarea', {
      rows: 1,
      dir: 'auto',
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
    this.#stop = h('button', { type: 'button', class: 'send stop', onclick: stop }, icon('stop'))
    const submit = () => {
      const text = this.#field.value.trim()
      if (text === '') return
      this.#field.value = ''
      this.#show()
      this.#field.focus()
      send(text)
    }
    const onsubmit = (event: Event) => {
      event.preventDefault()
      submit()
    }
    this.element = h(
      'div',
      { class: 'composer' },
      h('form', { onsubmit }, this.#field, this.#stop, this.#send),
      h('p', { class: 'hint' }, hint),
    )
    this.#unsubscribe = streaming.subscribe(() => this.#show())
    this.#show()
  }

  focus(): void {
    if (mayFocus()) this.#field.focus()
  }

  close(): void {
    this.#unsubscribe()
  }

  #show(): void {
    const empty = this.#field.value.trim() === ''
    const count = this.#streaming.get()
    this.#stop.hidden = count === 0
    set(this.#stop, { 'aria-label': count === 1 ? 'Stop the answer' : `Stop ${count} answers` })
    this.#send.hidden = count > 0 && empty
    this.#send.disabled = empty
  }
}
