import type { Branch, ResponseState } from '@rejoin/core'
import { h } from '../dom.ts'
import { viewOf, waitingText, type Item, type View } from '../items.ts'
import { getFormat, onFormat } from '../preference.ts'
import { unshown } from '../problem.ts'
import type { Stage } from '../stage.ts'
import { SafeTextView } from '../textView.ts'
import type { View as ElementView } from '../view.ts'
import { FactsLine } from './factsLine.ts'
import { FileCard } from './fileCard.ts'
import { leaveTurns, paintInTurn } from '../paintTurns.ts'
import { RecipeCard } from './recipeCard.ts'
import { SourceList } from './sourceList.ts'
import { Thoughts } from './thoughts.ts'
import { ToolCard } from './toolCard.ts'

/** A part of an answer on the page. */
export interface ItemView {
  element: HTMLElement
  update(item: Item, response: ResponseState, view: View, growing: boolean): void
  dispose?(): void
}

export interface ShownAnswer {
  response: ResponseState
  branch: Branch | undefined
}

export interface AnswerActions {
  regenerate(responseId: string): Promise<unknown>
  selectBranch(promptId: string): void
  /** Goes on with an answer that ended too early. */
  goOn(responseId: string): Promise<unknown>
}

/** An answer in an element that a front end owns. Only what changed is touched. */
export class AnswerView implements ElementView<ShownAnswer> {
  readonly #element: HTMLElement
  readonly #stage: Stage
  readonly #body = h('div')
  readonly #waiting = h('p', { class: 'waiting' })
  readonly #sources = new SourceList()
  readonly #facts: FactsLine
  readonly #items = new Map<string, ItemView>()
  readonly #stop: () => void
  #shown: ShownAnswer | undefined

  constructor(element: HTMLElement, stage: Stage, actions: AnswerActions) {
    this.#element = element
    this.#stage = stage
    this.#facts = new FactsLine(stage, actions)
    element.className = 'answer'
    element.setAttribute('aria-label', 'Answer')
    element.append(this.#body, this.#waiting, this.#sources.element, this.#facts.element)
    this.#stop = onFormat(() => this.#redraw())
  }

  update(shown: ShownAnswer): void {
    const before = this.#shown?.response
    this.#shown = shown
    // Another version: its parts are others, though they may have the same ids.
    if (shown.response.id !== before?.id) this.#forget(new Set())
    // An answer that does not grow shows at once: a person has asked to see it.
    if (shown.response.id === before?.id && before.status === 'streaming') paintInTurn(this.#paint)
    else this.#show(shown)
  }

  readonly #paint = (): void => {
    try {
      this.#show(this.#shown!)
    } catch (error) {
      // If one answer cannot be shown, the others still are.
      console.error(error)
      this.#element.replaceChildren(h('p', { class: 'notice' }, unshown))
    }
  }

  #show(shown: ShownAnswer): void {
    const { response } = shown
    const view = viewOf(response)
    const streaming = response.status === 'streaming'
    const last = view.items.at(-1)
    this.#element.dataset.response = response.id
    this.#element.dataset.status = response.status
    this.#element.setAttribute('aria-busy', String(streaming))
    for (const [at, item] of view.items.entries()) {
      const part = this.#item(item)
      if (this.#body.children[at] !== part.element)
        this.#body.insertBefore(part.element, this.#body.children[at] ?? null)
      part.update(item, response, view, streaming && item === last)
    }
    const waits = streaming ? waitingText(view) : undefined
    this.#waiting.hidden = waits === undefined
    this.#waiting.textContent = waits ?? ''
    this.#forget(new Set(view.items.map(({ key }) => key)))
    this.#sources.update(view.sources)
    this.#facts.update(shown)
  }

  dispose(): void {
    leaveTurns(this.#paint)
    this.#stop()
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
    if (kind === 'tool') return new ToolCard(this.#stage.connection.session)
    if (kind === 'file') return new FileCard()
    if (kind === 'recipe') return new RecipeCard()
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
    if (this.#shown) this.update(this.#shown)
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
