import { call, type Config, type Conversation } from '../api.ts'
import type { Connection } from '../connect.ts'
import { h, icon } from '../dom.ts'
import type { Happenings } from '../happenings.ts'
import { FaultButton } from './faultButton.ts'
import { faultsFor, type Fault } from './faults.ts'
import { Timeline } from './timeline.ts'

interface Actions {
  breakIt(): void
  compare(): void
  close(): void
  joinLate(): void
}

interface Shown {
  conversation: Conversation
  connection: Connection
  happenings: Happenings
}

/** "Break it": what can go wrong, and a picture of what happened. */
export class Panel {
  readonly element: HTMLElement
  readonly #config: Config
  readonly #actions: Actions
  readonly #faults = h('ul', { class: 'faults' })
  readonly #problem = h('p', { class: 'intro', role: 'alert', hidden: true })
  readonly #log = h('ol', { class: 'log', 'aria-live': 'polite' })
  readonly #picture = h('div', { class: 'picture' })
  readonly #device = h('div', { class: 'device', hidden: true })
  #buttons: FaultButton[] = []
  #leave = () => {}

  constructor(config: Config, actions: Actions) {
    this.#config = config
    this.#actions = actions
    const intro = config.embedded
      ? 'Or ask something, and break the stream yourself while it is being written. The answer ends up whole.'
      : 'You are on the Ably service, which cannot be broken from here. Unset ABLY_API_KEY to try this.'
    this.element = h(
      'aside',
      { class: 'panel', 'aria-label': 'Break it' },
      h(
        'header',
        {},
        h('h2', {}, 'Break it'),
        h(
          'button',
          {
            type: 'button',
            class: 'tool only-narrow',
            'aria-label': 'Close the panel',
            onclick: actions.close,
          },
          icon('close'),
        ),
      ),
      this.#picture,
      h(
        'div',
        { class: 'choices' },
        config.embedded &&
          h(
            'button',
            { type: 'button', class: 'button first', 'data-tour': '', onclick: actions.breakIt },
            icon('play'),
            'Break it for me',
          ),
        h('button', { type: 'button', class: 'button', onclick: actions.compare }, 'Compare'),
      ),
      h('p', { class: 'intro' }, intro),
      this.#faults,
      this.#problem,
      this.#device,
      h('h3', {}, 'What happened'),
      this.#log,
    )
  }

  show(shown: Shown | undefined): void {
    this.#leave()
    this.#leave = () => {}
    for (const button of this.#buttons) button.stop()
    this.#buttons = []
    this.#faults.replaceChildren()
    this.#picture.replaceChildren()
    this.#device.replaceChildren()
    this.#device.hidden = true
    if (!shown) return
    const { happenings, conversation } = shown
    const possible = faultsFor(this.#config.connectionStateTtl).filter(
      ({ id }) => this.#config.embedded || id === 'late' || id === 'device',
    )
    this.#buttons = possible.map((fault) => new FaultButton(fault, (ask) => this.#run(shown, fault, ask)))
    this.#faults.append(...this.#buttons.map(({ element }) => h('li', {}, element)))
    const timeline = new Timeline(conversation.id, happenings, this.#config.embedded)
    this.#picture.append(timeline.element)
    const list = () => this.#list(happenings)
    list()
    const unsubscribe = happenings.subscribe(list)
    this.#leave = () => {
      unsubscribe()
      timeline.close()
    }
  }

  #list(happenings: Happenings): void {
    const { entries } = happenings.get()
    const items = entries.map(({ at, kind, text }) =>
      h(
        'li',
        { 'data-event': kind },
        h('time', { datetime: new Date(at).toISOString() }, new Date(at).toLocaleTimeString('en-GB')),
        h('span', {}, text),
      ),
    )
    this.#log.replaceChildren(...(items.length > 0 ? items : [h('li', {}, 'Nothing yet.')]))
  }

  async #run({ conversation, connection }: Shown, fault: Fault, ask: Record<string, unknown>): Promise<void> {
    this.#problem.hidden = true
    if (fault.id === 'late') return this.#actions.joinLate()
    if (fault.id === 'device') return this.#toggleDevice()
    try {
      const connectionId = connection.client.connection.id
      await call('POST', `/conversations/${conversation.id}/faults`, {
        ...ask,
        tab: connection.tab,
        connectionId,
      })
    } catch (error) {
      this.#problem.textContent = (error as Error).message
      this.#problem.hidden = false
      throw error
    }
  }

  #toggleDevice(): void {
    this.#device.hidden = !this.#device.hidden
    this.#device.replaceChildren()
    if (!this.#device.hidden)
      this.#device.append(h('iframe', { src: location.pathname, title: 'A second device' }))
  }
}
