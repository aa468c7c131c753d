import { h, icon, set } from '../common/dom.ts'
import { hintOf, ideas } from '../common/ideas.ts'
import { enter } from '../common/presence.ts'
import { Scroll } from '../common/scroll.ts'
import type { Stage } from '../common/stage.ts'
import { titleOf } from '../common/title.ts'
import { turnsOf, type Chosen, type Turn } from '../common/turns.ts'
import { Answer } from './answer.ts'
import { Composer } from './composer.ts'
import { Header } from './header.ts'
import { Prompt } from './prompt.ts'

/** The conversation: a row per message, made once; each row listens to its own message. */
export class Thread {
  readonly element: HTMLElement
  readonly #stage: Stage
  readonly #header: Header
  readonly #composer: Composer
  readonly #scroller: HTMLElement
  readonly #older = h('div', { class: 'older' })
  readonly #welcome: HTMLElement
  readonly #list = h('ol', { 'aria-label': 'Messages' })
  readonly #notice = h('div', { class: 'notice', role: 'alert', hidden: true })
  readonly #latest: HTMLElement
  readonly #scroll: Scroll
  readonly #rows = new Map<string, { item: HTMLElement; row: Answer | Prompt }>()
  readonly #stops: (() => void)[]
  #chosen: Chosen = {}
  #hydrated = false

  constructor(stage: Stage) {
    this.#stage = stage
    const { connection, conversation, config } = stage
    const { session } = connection
    this.#header = new Header(stage)
    this.#composer = new Composer(
      stage.streaming,
      hintOf(config),
      (text) => this.#send(text),
      () => void session.stop().catch(() => {}),
    )
    this.#welcome = welcome((text) => this.#send(text))
    this.#scroller = h(
      'div',
      { class: 'scroll', tabindex: -1 },
      h('div', { class: 'thread' }, this.#older, this.#welcome, this.#list, this.#notice),
    )
    this.#latest = h(
      'button',
      { type: 'button', class: 'latest', hidden: true, onclick: () => this.#scroll.toEnd() },
      icon('down'),
      'Jump to end',
    )
    this.element = h(
      'div',
      { class: 'front', 'data-hydrated': 'false' },
      this.#header.element,
      this.#scroller,
      this.#latest,
      this.#composer.element,
    )
    this.#scroll = new Scroll(this.#scroller, (atEnd) => (this.#latest.hidden = atEnd))
    const ready = () => {
      this.#hydrated = true
      this.#update()
      this.element.dataset.hydrated = 'true'
    }
    session.ready.then(ready, ready)
    // Loads what came before when the top comes near, and leaves what is read where it is.
    const older = Rejoin.createOlder(session)
    older.sentinel(this.#older)
    this.#stops = [
      session.subscribe(() => this.#update()),
      enter(connection, `ai:${conversation.id}`),
      () => older.sentinel(null),
    ]
    this.#update()
  }

  focus(): void {
    this.#composer.focus()
  }

  close(): void {
    for (const stop of this.#stops) stop()
    this.#composer.close()
    for (const { row } of this.#rows.values()) row.close()
    this.#header.close()
    this.#scroll.close()
    this.element.remove()
  }

  #update(): void {
    const { session } = this.#stage.connection
    const { messages, error, hasOlder } = session.getSnapshot()
    this.#header.update(titleOf(this.#stage.conversation, session))
    this.#older.textContent = hasOlder ? 'Loading older messages…' : ''
    this.#welcome.hidden = !this.#hydrated || messages.length > 0 || error !== undefined
    this.#notice.hidden = error === undefined
    this.#notice.textContent = error?.message ?? ''
    this.#showRows(this.#turns())
  }

  /** Whole at once: live text that comes while the past is still being read waits for its beginning. */
  #turns(): Turn[] {
    const { session } = this.#stage.connection
    if (!this.#hydrated) return []
    return turnsOf(session.getSnapshot().entries, session, this.#chosen)
  }

  #showRows(turns: readonly Turn[]): void {
    const wanted = new Set(turns.map(({ id }) => id))
    for (const [id, { item, row }] of this.#rows) {
      if (wanted.has(id)) continue
      row.close()
      item.remove()
      this.#rows.delete(id)
    }
    let previous: Element | null = null
    for (const turn of turns) {
      let entry = this.#rows.get(turn.id)
      if (!entry) {
        const row = turn.role === 'assistant' ? this.#answer(turn.id) : this.#prompt(turn.id)
        entry = { row, item: h('li', {}, row.element) }
        this.#rows.set(turn.id, entry)
      }
      const place: Element | null = previous ? previous.nextElementSibling : this.#list.firstElementChild
      if (place !== entry.item) this.#list.insertBefore(entry.item, place)
      previous = entry.item
      if (entry.row instanceof Prompt) entry.row.update(turn)
    }
  }

  #answer(id: string): Answer {
    return new Answer(id, this.#stage, (response) => {
      this.#chosen = {}
      this.#stage.connection.session.regenerate(response.id).catch(() => {})
    })
  }

  #prompt(id: string): Prompt {
    return new Prompt(id, this.#stage.connection.session, {
      send: (turn, text) => this.#send(text, turn.id),
      choose: ({ id: own, root = own }, version) => {
        this.#chosen = { ...this.#chosen, [root]: version }
        this.#update()
      },
    })
  }

  #send(text: string, replaces?: string): void {
    const { connection } = this.#stage
    this.#scroll.toEnd()
    // What is new shows: of each prompt the newest version.
    this.#chosen = {}
    // A prompt that does not get through says so in its own line.
    connection.session.sendMessage({ text, ...(replaces && { replaces }) }).catch(() => {})
  }
}

function welcome(send: (text: string) => void): HTMLElement {
  const buttons = ideas.map((idea) => h('button', { type: 'button', onclick: () => send(idea) }, idea))
  const section = h(
    'section',
    { class: 'welcome' },
    h('h2', {}, 'Answers that stay whole, whatever happens on the way.'),
    h(
      'p',
      {},
      'Ask something. While the answer is being written, refresh this page, open it in a second tab, lose your connection, or lose a piece of the stream. The text ends up exactly as the model wrote it.',
    ),
    h('div', { class: 'ideas' }, ...buttons),
  )
  set(section, { hidden: true })
  return section
}
