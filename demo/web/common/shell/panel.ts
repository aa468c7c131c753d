import { call, type Config, type Conversation } from '../api.ts'
import type { Connection } from '../connect.ts'
import { h, icon } from '../dom.ts'
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
}

/** "Break it": what can go wrong, and a picture of what happened. */
export class Panel {
  readonly element: HTMLElement
  readonly #config: Config
  readonly #actions: Actions
  readonly #faults = h('ul', { class: 'faults' })
  readonly #problem = h('p', { class: 'intro', role: 'alert', hidden: true })
  readonly #timeline: Timeline
  readonly #device = h('div', { class: 'device', hidden: true })
  #buttons: FaultButton[] = []

  constructor(config: Config, actions: Actions) {
    this.#config = config
    this.#actions = actions
    this.#timeline = new Timeline(config.embedded)
    const intro = config.embedded
      ? 'Or ask something, and break the stream yourself while it is being written. The answer ends up whole.'
      : 'You are on the Ably service, which cannot be broken from here. Unset ABLY_API_KEY to try this.'
    this.element = h(
      'section',
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
      this.#timeline.element,
      h(
        'div',
        { class: 'controls' },
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
      ),
    )
  }

  show(shown: Shown | undefined): void {
    for (const button of this.#buttons) button.stop()
    this.#buttons = []
    this.#faults.replaceChildren()
    this.#device.replaceChildren()
    this.#device.hidden = true
    this.#timeline.show(shown && { conversation: shown.conversation.id, connection: shown.connection })
    if (!shown) return
    const possible = faultsFor(this.#config.connectionStateTtl).filter(
      ({ id }) => this.#config.embedded || id === 'late' || id === 'device',
    )
    this.#buttons = possible.map((fault) => new FaultButton(fault, (ask) => this.#run(shown, fault, ask)))
    this.#faults.append(...this.#buttons.map(({ element }) => h('li', {}, element)))
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
