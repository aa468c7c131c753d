import type { ResponseState } from '@rejoin/core'
import { h } from '../dom.ts'
import { viewOf, waitingText, type Item, type View } from '../items.ts'
import { getFormat, onFormat } from '../preference.ts'
import type { Stage } from '../stage.ts'
import { SafeTextView } from '../textView.ts'
import { FactsLine } from './factsLine.ts'
import { FileCard } from './fileCard.ts'
import { SourceList } from './sourceList.ts'
import { Thoughts } from './thoughts.ts'
import { ToolCard } from './toolCard.ts'

/** A part of an answer that is shown, until it is not any more. */
export interface ItemView {
  element: HTMLElement
  update(item: Item, response: ResponseState, view: View, growing: boolean): void
  dispose?(): void
}

export interface AnswerActions {
  stage: Stage
  regenerate(response: ResponseState): void
}

/** An answer in an element that a front end owns. Only what changed is touched. */
export class AnswerView {
  readonly #element: HTMLElement
  readonly #actions: AnswerActions
  readonly #body = h('div')
  readonly #waiting = h('p', { class: 'waiting' })
  readonly #sources = new SourceList()
  readonly #facts: FactsLine
  readonly #items = new Map<string, ItemView>()
  readonly #stops: (() => void)[]
  #response: ResponseState | undefined

  constructor(element: HTMLElement, actions: AnswerActions) {
    this.#element = element
    this.#actions = actions
    this.#facts = new FactsLine(actions)
    element.className = 'answer'
    element.setAttribute('aria-label', 'Answer')
    element.append(this.#body, this.#waiting, this.#sources.element, this.#facts.element)
    this.#stops = [
      actions.stage.happenings.subscribe(() => this.#response && this.#facts.update(this.#response)),
      onFormat(() => this.#redraw()),
    ]
  }

  update(response: ResponseState): void {
    this.#response = response
    const view = viewOf(response)
    const streaming = response.status === 'streaming'
    const last = view.items.at(-1)
    this.#element.dataset.response = response.id
    this.#element.dataset.status = response.status
    this.#element.setAttribute('aria-busy', String(streaming))
    for (const [at, item] of view.items.entries()) {
      const shown = this.#item(item)
      if (this.#body.children[at] !== shown.element)
        this.#body.insertBefore(shown.element, this.#body.children[at] ?? null)
      shown.update(item, response, view, streaming && item === last)
    }
    const waits = streaming ? waitingText(view) : undefined
    this.#waiting.hidden = waits === undefined
    this.#waiting.textContent = waits ?? ''
    this.#forget(new Set(view.items.map(({ key }) => key)))
    this.#sources.update(view.sources)
    this.#facts.update(response)
  }

  dispose(): void {
    for (const stop of this.#stops) stop()
    this.#forget(new Set())
    this.#element.replaceChildren()
  }

  #item(item: Item): ItemView {
    let shown = this.#items.get(item.key)
    if (!shown) this.#items.set(item.key, (shown = this.#make(item)))
    return shown
  }

  #make({ kind }: Item): ItemView {
    if (kind === 'reasoning') return new Thoughts()
    if (kind === 'tool') return new ToolCard(this.#actions.stage.connection.session)
    if (kind === 'file') return new FileCard()
    return textItem()
  }

  #forget(kept: ReadonlySet<string>): void {
    for (const [key, item] of this.#items) {
      if (kept.has(key)) continue
      item.dispose?.()
      item.element.remove()
      this.#items.delete(key)
    }
  }

  #redraw(): void {
    this.#forget(new Set())
    if (this.#response) this.update(this.#response)
  }
}

function textItem(): ItemView {
  const element = h('div')
  const text = new SafeTextView(element, getFormat(), 'text')
  return {
    element,
    update: (item, _response, { sources }, growing) => {
      if (item.kind === 'text') text.update(item, sources, growing)
    },
    dispose: () => text.dispose(),
  }
}
