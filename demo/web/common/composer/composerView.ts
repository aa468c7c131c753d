import type { OutgoingPrompt } from '@rejoin/core'
import { describeStop, type Activity } from '../activity.ts'
import { h, icon, set } from '../dom.ts'
import { mayFocus } from '../focus.ts'
import { longestText } from '../longestText.ts'
import { submitOnEnter } from '../submitOnEnter.ts'
import { Tray } from './tray.ts'

interface Options {
  activity: Activity
  hint: string
  send(message: OutgoingPrompt): void
  stop(): void
}

/** The composer: writes prompts, attaches files, stops answers. */
export class ComposerView {
  readonly #element: HTMLElement
  readonly #options: Options
  readonly #field: HTMLTextAreaElement
  readonly #send: HTMLButtonElement
  readonly #stop: HTMLButtonElement
  readonly #tray = new Tray(() => this.#show())
  readonly #unsubscribe: () => void

  constructor(element: HTMLElement, options: Options) {
    this.#element = element
    this.#options = options
    this.#field = h('textarea', {
      rows: 1,
      dir: 'auto',
      'aria-label': 'Your message',
      placeholder: 'Ask anything',
      maxlength: longestText,
      oninput: () => this.#show(),
      onkeydown: (event) => submitOnEnter(event as KeyboardEvent),
      onpaste: (event) => this.#onPaste(event as ClipboardEvent),
    })
    this.#send = h('button', { type: 'submit', class: 'send', 'aria-label': 'Send' }, icon('arrowUp'))
    this.#stop = h(
      'button',
      {
        type: 'button',
        class: 'send stop',
        title: 'Stop (Escape)',
        'aria-keyshortcuts': 'Escape',
        onclick: () => options.stop(),
      },
      icon('stop'),
    )
    element.className = 'composer'
    element.append(
      h(
        'form',
        { onsubmit: (event) => this.#onSubmit(event) },
        this.#tray.list,
        h('div', { class: 'line' }, ...this.#tray.controls, this.#field, this.#stop, this.#send),
      ),
      h('p', { class: 'hint' }, options.hint),
    )
    this.#tray.takeDrops(element.closest<HTMLElement>('.front') ?? element)
    this.#unsubscribe = options.activity.subscribe(() => this.#show())
    document.addEventListener('keydown', this.#onKey)
    this.#show()
    if (mayFocus()) this.#field.focus()
  }

  dispose(): void {
    this.#unsubscribe()
    document.removeEventListener('keydown', this.#onKey)
    this.#tray.close()
    this.#element.replaceChildren()
  }

  /** Escape stops, unless it means something else: where the focus is, or to an input method. */
  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key !== 'Escape' || event.isComposing || event.defaultPrevented || this.#stop.hidden) return
    // Escape closes an open drawer instead.
    if (this.#element.closest('[inert]')) return
    const { target } = event
    const isHere = this.#element.closest('.front')?.contains(target as Node) ?? false
    if (isHere || target === document.body) this.#options.stop()
  }

  #onSubmit(event: Event): void {
    event.preventDefault()
    const text = this.#field.value.trim()
    const files = this.#tray.files
    if (text === '' && files.length === 0) return
    this.#field.value = ''
    this.#tray.clear()
    this.#field.focus()
    this.#options.send({ text, ...(files.length > 0 && { files }) })
  }

  #onPaste(event: ClipboardEvent): void {
    const files = event.clipboardData?.files
    if (!files || files.length === 0) return
    event.preventDefault()
    this.#tray.add(files)
  }

  #show(): void {
    const empty = this.#field.value.trim() === '' && this.#tray.files.length === 0
    const busy = this.#options.activity.get()
    const idle = busy.answers + busy.waiting === 0
    // A button that goes takes the keyboard's focus with it.
    const orphaned = idle && document.activeElement === this.#stop
    this.#stop.hidden = idle
    set(this.#stop, { 'aria-label': describeStop(busy) })
    this.#send.hidden = !idle && empty
    this.#send.disabled = empty
    if (orphaned && mayFocus()) this.#field.focus()
  }
}
