import type { ResponseState } from '@rejoin/core'
import type { Connection } from '../connect.ts'
import { h } from '../dom.ts'
import { missingIn } from '../gaps.ts'
import { PlainView } from '../plainView.ts'
import { differences } from './differ.ts'
import type { Snippet } from './snippet.ts'

/** How often it is compared, in milliseconds: each time costs the length of the text. */
const pace = 250

/**
 * The newest answer as the documented snippet shows it, with the number of characters that it gets wrong in all answers
 * since the pane was opened.
 */
export class ProofPane {
  readonly element: HTMLElement
  readonly #connection: Connection
  readonly #snippet: Snippet
  readonly #text = h('div', {
    class: 'plain',
    tabindex: 0,
    role: 'group',
    'aria-label': 'Text of the snippet',
  })
  readonly #view = new PlainView(this.#text)
  readonly #theirs = h('output', { class: 'count' })
  readonly #ours = h('output', { class: 'count' })
  readonly #stops: (() => void)[]
  #timer: ReturnType<typeof setTimeout> | undefined
  #watched: { id: string; stop(): void } | undefined
  /** Characters of the answers before the newest that the snippet got wrong when the next began. */
  #wrongBefore = 0

  constructor(connection: Connection, snippet: Snippet) {
    this.#connection = connection
    this.#snippet = snippet
    const changed = () => (this.#timer ??= setTimeout(() => this.#compare(), pace))
    snippet.onChange = changed
    this.element = h(
      'section',
      { class: 'proof', 'aria-label': 'The same channel without Rejoin' },
      h('h3', {}, 'The same channel without Rejoin'),
      h(
        'p',
        { class: 'counts' },
        h('span', {}, 'Snippet of the docs: ', this.#theirs),
        h('span', {}, 'Rejoin: ', this.#ours),
      ),
      this.#text,
    )
    this.#stops = [
      connection.session.subscribe(() => this.#follow(changed)),
      () => (snippet.onChange = () => {}),
    ]
    this.#follow(changed)
    this.#compare()
  }

  /** Characters of the newest answer that the snippet gets wrong. */
  get wrong(): number {
    const response = this.#newest()
    return response ? this.#wrongOf(response.id) : 0
  }

  close(): void {
    clearTimeout(this.#timer)
    this.#watched?.stop()
    for (const stop of this.#stops) stop()
    this.element.remove()
  }

  #wrongOf(id: string): number {
    const response = this.#connection.session.getResponse(id)
    return response ? wrongIn(response, this.#snippet.textOf(id)) : 0
  }

  #newest(): ResponseState | undefined {
    const { session } = this.#connection
    const id = session.getSnapshot().messages.findLast(({ role }) => role === 'assistant')?.id
    return id === undefined ? undefined : session.getResponse(id)
  }

  #follow(changed: () => void): void {
    const id = this.#newest()?.id
    if (id === undefined || id === this.#watched?.id) return
    if (this.#watched) {
      this.#watched.stop()
      this.#wrongBefore += this.#wrongOf(this.#watched.id)
    }
    this.#watched = { id, stop: this.#connection.session.subscribeResponse(id, changed) }
    changed()
  }

  #compare(): void {
    this.#timer = undefined
    const response = this.#newest()
    const text = response ? this.#snippet.textOf(response.id) : ''
    this.#view.update(text === '' ? 'Nothing: it has no past.' : text, { gaps: [] })
    this.#text.scrollTop = this.#text.scrollHeight
    const wrong = this.#wrongBefore + (response ? wrongIn(response, text) : 0)
    this.#theirs.textContent =
      wrong === 0 ? 'nothing wrong yet' : `${characters(wrong)} wrong, and it does not say so`
    this.#theirs.dataset.wrong = String(wrong)
    const missing = missingIn(response?.gaps ?? [])
    this.#ours.textContent = response?.hasGap
      ? missing === undefined
        ? 'some missing, and marked'
        : `${characters(missing)} missing, and marked`
      : 'nothing missing'
    this.#ours.dataset.missing = String(missing ?? '')
  }
}

/** How many characters the other text gets wrong. Text that ours lacks counts too: the other lacks it, or has it wrong. */
const wrongIn = ({ text, gaps }: ResponseState, other: string): number =>
  differences(text, other) + (missingIn(gaps) ?? 0)

const characters = (count: number) =>
  count === 1 ? '1 character' : `${count.toLocaleString('en')} characters`
