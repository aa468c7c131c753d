import type { ResponseState } from '@rejoin/core'
import { hostOf, safeAddress } from '../common/address.ts'
import { h, icon } from '../common/dom.ts'
import { factsOf } from '../common/facts.ts'
import { describeGap, segmentsOf } from '../common/gaps.ts'
import {
  viewOf,
  waitingText,
  type Item,
  type ReasoningItem,
  type TextItem,
  type View,
} from '../common/items.ts'
import { MarkdownView } from '../common/markdown/view.ts'
import { getFormat, onFormat } from '../common/preference.ts'
import type { Stage } from '../common/stage.ts'
import { ToolCard } from './tool.ts'

interface Shown {
  element: HTMLElement
  update(item: Item, view: View, response: ResponseState, growing: boolean): void
}

/** One answer. It listens to its response alone, and touches only what changed. */
export class Answer {
  readonly element = h('article', { class: 'answer', 'aria-label': 'Answer' })
  readonly #id: string
  readonly #stage: Stage
  readonly #body = h('div')
  readonly #waiting = h('p', { class: 'waiting' })
  readonly #sources = h('details', { class: 'sources', hidden: true })
  readonly #facts = h('footer', { class: 'facts' })
  readonly #items = new Map<string, Shown>()
  readonly #stops: (() => void)[]
  #factsShown = ''
  #sourcesShown = 0

  constructor(id: string, stage: Stage) {
    this.#id = id
    this.#stage = stage
    this.element.append(this.#body, this.#waiting, this.#sources, this.#facts)
    this.element.dataset.response = id
    const { session } = stage.connection
    this.#stops = [
      session.subscribeResponse(id, () => this.#update()),
      stage.happenings.subscribe(() => this.#update()),
      onFormat(() => this.#redraw()),
    ]
    this.#update()
  }

  close(): void {
    for (const stop of this.#stops) stop()
  }

  #redraw(): void {
    this.#items.clear()
    this.#body.replaceChildren()
    this.#update()
  }

  #update(): void {
    const response = this.#stage.connection.session.getResponse(this.#id)
    if (!response) return
    const view = viewOf(response)
    const streaming = response.status === 'streaming'
    const last = view.items.at(-1)
    this.element.dataset.status = response.status
    this.element.setAttribute('aria-busy', String(streaming))
    for (const [at, item] of view.items.entries()) {
      let shown = this.#items.get(item.key)
      if (!shown) this.#items.set(item.key, (shown = this.#make(item)))
      if (this.#body.children[at] !== shown.element)
        this.#body.insertBefore(shown.element, this.#body.children[at] ?? null)
      shown.update(item, view, response, streaming && item === last)
    }
    while (this.#body.children.length > view.items.length) this.#body.lastElementChild!.remove()
    this.#waiting.hidden = !streaming || last?.kind === 'text'
    this.#waiting.textContent = waitingText(view)
    this.#showSources(view)
    this.#showFacts(response)
  }

  #make(item: Item): Shown {
    if (item.kind === 'reasoning') return thoughts()
    if (item.kind === 'tool') return new ToolCard(this.#stage.connection.session)
    if (item.kind === 'text') return getFormat() === 'rendered' ? rendered() : plain()
    return { element: h('div', { hidden: true }), update: () => {} }
  }

  #showSources({ sources }: View): void {
    if (sources.length === this.#sourcesShown) return
    this.#sourcesShown = sources.length
    this.#sources.hidden = sources.length === 0
    const list = sources.map(({ number, url, title }) =>
      h(
        'li',
        { 'data-source': number },
        h('span', { class: 'cite' }, String(number)),
        h(
          'a',
          { href: safeAddress(url), target: '_blank', rel: 'noopener noreferrer nofollow' },
          title || url,
        ),
        h('small', {}, hostOf(url)),
      ),
    )
    const title = sources.length === 1 ? '1 source' : `${sources.length} sources`
    this.#sources.replaceChildren(h('summary', {}, title), h('ol', {}, ...list))
  }

  #showFacts(response: ResponseState): void {
    const facts = factsOf(response, this.#stage.happenings.get().filled[this.#id])
    const copyable = response.status !== 'streaming' && response.text !== ''
    const shown = JSON.stringify([facts, copyable])
    if (shown === this.#factsShown) return
    this.#factsShown = shown
    const said = facts.map(({ kind, tone, text, icon: name }) =>
      h('span', { class: `fact ${tone}`, 'data-fact': kind }, name && icon(name), text),
    )
    const copy = (event: Event) => {
      const button = event.currentTarget as HTMLElement
      navigator.clipboard.writeText(response.text).then(
        () => {
          button.lastChild!.textContent = 'Copied'
          setTimeout(() => (button.lastChild!.textContent = 'Copy'), 1500)
        },
        () => {},
      )
    }
    this.#facts.replaceChildren(
      h('span', { class: 'said', 'aria-live': 'polite' }, ...said),
      ...(copyable
        ? [h('button', { type: 'button', class: 'act', onclick: copy }, icon('copy'), 'Copy')]
        : []),
    )
  }
}

function plain(): Shown {
  const element = h('div', { class: 'plain', 'data-text': '' })
  return {
    element,
    update: (item, _view, _response, growing) => {
      element.dataset.growing = String(growing)
      showSegments(element, item as TextItem)
    },
  }
}

function rendered(): Shown {
  const element = h('div', { class: 'rendered', 'data-rendered': '' })
  const markdown = new MarkdownView(element)
  return {
    element,
    update: (item, { sources }, _response, growing) => {
      const { text, gaps, marks } = item as TextItem
      element.dataset.growing = String(growing)
      markdown.update(text, { gaps, citations: marks, sources }, !growing)
    },
  }
}

function thoughts(): Shown {
  const words = document.createTextNode('')
  const inner = h('div', { class: 'inner', 'data-reasoning': '' })
  const element = h('details', { class: 'thoughts' }, h('summary', {}, icon('chevron'), words), inner)
  return {
    element,
    update: (item) => {
      const reasoning = item as ReasoningItem
      element.dataset.state = reasoning.open ? 'streaming' : 'done'
      words.data = reasoning.open ? 'Thinking…' : 'Thoughts'
      showSegments(inner, reasoning)
    },
  }
}

/** Text that only grew is added to the text node that is there. */
function showSegments(element: HTMLElement, { text, gaps }: TextItem | ReasoningItem): void {
  const only = element.firstChild
  if (gaps.length === 0 && only instanceof Text && element.childNodes.length === 1) {
    if (text.startsWith(only.data)) only.appendData(text.slice(only.length))
    else only.data = text
    return
  }
  element.replaceChildren(
    ...segmentsOf(text, gaps).map((segment) =>
      segment.kind === 'gap'
        ? h('span', { class: 'gap', 'data-gap': '' }, `… ${describeGap(segment.missing)}`)
        : segment.uncertain
          ? h('span', { class: 'uncertain' }, segment.text)
          : document.createTextNode(segment.text),
    ),
  )
}
