import { h, icon } from '../dom.ts'
import { onOnline } from '../online.ts'
import { getFormat, onFormat, setFormat } from '../preference.ts'
import { describePresence } from '../presence.ts'
import type { Stage } from '../stage.ts'
import { describeStatus } from '../status.ts'
import { untitled } from '../title.ts'

/** What the conversation is called, who is here, and how the connection is. */
export class HeaderView {
  readonly #element: HTMLElement
  readonly #stage: Stage
  readonly #title = h('h1', { dir: 'auto' })
  readonly #presence = h('p', { class: 'presence' })
  readonly #words = h('span')
  readonly #status = h(
    'span',
    { class: 'status', role: 'status' },
    h('span', { class: 'dot', 'aria-hidden': 'true' }),
    this.#words,
  )
  readonly #format: HTMLElement
  readonly #stops: (() => void)[]

  constructor(element: HTMLElement, stage: Stage) {
    this.#element = element
    this.#stage = stage
    this.#format = h(
      'button',
      {
        type: 'button',
        class: 'tool',
        'aria-label': "Show the model's own text",
        title: "Show the model's own text",
        onclick: () => setFormat(getFormat() === 'source' ? 'rendered' : 'source'),
      },
      icon('source'),
    )
    element.className = 'top'
    element.append(
      h(
        'button',
        {
          type: 'button',
          class: 'tool only-phone',
          'aria-label': 'Conversations',
          onclick: () => stage.openDrawer('list'),
        },
        icon('menu'),
      ),
      h('div', { class: 'title' }, this.#title, this.#presence),
      this.#status,
      this.#format,
      h(
        'button',
        {
          type: 'button',
          class: 'tool outlined only-narrow',
          'aria-label': 'Break it',
          onclick: () => stage.openDrawer('panel'),
        },
        icon('zap'),
        h('span', { class: 'label' }, 'Break it'),
      ),
    )
    const show = () => this.#show()
    this.#stops = [
      onOnline(show),
      onFormat(show),
      stage.connection.session.subscribe(show),
      stage.title.subscribe(show),
    ]
    show()
  }

  #show(): void {
    const title = this.#stage.title.get() || untitled
    if (this.#title.textContent !== title) this.#title.textContent = title
    const state = this.#stage.connection.session.getSnapshot()
    const { tone, text } = describeStatus(state, navigator.onLine)
    const presence = describePresence(state)
    if (this.#presence.textContent !== presence) this.#presence.textContent = presence
    // Written only when it changes, since screen readers announce every write.
    if (this.#words.textContent !== text) this.#words.textContent = text
    this.#status.dataset.tone = tone
    this.#format.setAttribute('aria-pressed', String(getFormat() === 'source'))
  }

  dispose(): void {
    for (const stop of this.#stops) stop()
    this.#element.replaceChildren()
  }
}
