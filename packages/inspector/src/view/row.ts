import type { Row } from '../record/log.ts'
import { count } from '../record/sizeOf.ts'
import { clock, h, say } from './dom.ts'
import { rawText } from './raw.ts'

/** One row of the list. Its details are made when it is opened. */
export class RowView {
  readonly element: HTMLLIElement
  readonly #row: Row
  readonly #details = h('details')
  readonly #text = h('span', { class: 'text' })
  readonly #size = h('span', { class: 'size' })
  readonly #raws = h('div', { class: 'raws' })
  #version = 0

  constructor(row: Row) {
    this.#row = row
    const at = new Date(row.at)
    this.#details.append(
      h(
        'summary',
        {},
        h('time', { datetime: at.toISOString() }, clock(row.at, true)),
        h('span', { class: 'what' }, row.what),
        this.#text,
        this.#size,
      ),
      this.#raws,
    )
    this.#details.addEventListener('toggle', () => this.#showRaws())
    this.element = h('li', { 'data-kind': row.kind }, this.#details)
    this.update()
  }

  update(): void {
    const { version, text, count: number, size } = this.#row
    if (version === this.#version) return
    this.#version = version
    say(this.#text, number > 1 ? `${text} × ${number.toLocaleString('en')}` : text)
    say(this.#size, size > 0 ? size.toLocaleString('en') : '')
    if (this.#details.open) this.#showRaws()
  }

  #showRaws(): void {
    if (!this.#details.open) return this.#raws.replaceChildren()
    const { raws, count: number, size } = this.#row
    const left = number - raws.length
    this.#raws.replaceChildren(
      ...(size > 0 ? [h('p', {}, count(size, 'character'))] : []),
      ...(left > 0 ? [h('p', {}, `${count(left, 'earlier one')} not kept`)] : []),
      ...raws.map(({ value }) => h('pre', {}, rawText(value))),
    )
  }
}
