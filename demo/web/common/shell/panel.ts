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
  readonly #intro = h('p', { class: 'intro' })
  /** Why nothing can be broken or compared. */
  readonly #why = h('p', { class: 'intro why', role: 'status', hidden: true })
  readonly #device = h('div', { class: 'device', hidden: true })
  #buttons: FaultButton[] = []
  readonly #needing: readonly HTMLElement[]
  #unwatch = () => {}

  constructor(config: Config, actions: Actions) {
    this.#config = config
    this.#actions = actions
    this.#timeline = new Timeline(config.embedded)
    this.#intro.textContent = config.embedded
      ? 'Or ask something, and break the stream yourself while it is being written. The answer ends up whole.'
      : 'You are on the Ably service, which cannot be broken from here. Unset ABLY_API_KEY to try this.'
    const button = (act: () => void, props: Parameters<typeof h>[1], ...words: (Node | string)[]) =>
      h('button', { type: 'button', onclick: () => this.#why.hidden && act(), ...props }, ...words)
    const breakIt = button(
      actions.breakIt,
      { class: 'button first', 'data-tour': '' },
      icon('play'),
      'Break it for me',
    )
    const compare = button(actions.compare, { class: 'button' }, 'Compare')
    this.#needing = [breakIt, compare]
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
        h('div', { class: 'choices' }, config.embedded && breakIt, compare),
        this.#why,
        this.#intro,
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
    this.#watch(shown)
    if (!shown) return
    const possible = faultsFor(this.#config.connectionStateTtl).filter(
      ({ id }) => this.#config.embedded || id === 'late' || id === 'device',
    )
    this.#buttons = possible.map((fault) => new FaultButton(fault, (ask) => this.#run(shown, fault, ask)))
    this.#faults.append(...this.#buttons.map(({ element }) => h('li', {}, element)))
  }

  /** A conversation that was never live has nothing to break or compare. */
  #watch(shown: Shown | undefined): void {
    this.#unwatch()
    this.#unwatch = () => {}
    if (!shown) return this.#tell('There is no conversation to break.')
    const { session } = shown.connection
    const look = () => {
      if (session.getSnapshot().status !== 'live') return
      this.#unwatch()
      this.#tell('')
    }
    this.#tell('Not connected yet, so there is nothing to break or compare.')
    this.#unwatch = session.subscribe(look)
    look()
  }

  #tell(why: string): void {
    this.#why.textContent = why
    this.#why.hidden = why === ''
    this.#intro.hidden = why !== ''
    // Disabled ones would lose the keyboard's focus.
    for (const button of this.#needing) button.setAttribute('aria-disabled', String(why !== ''))
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
