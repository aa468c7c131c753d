import type { Row } from '../record/log.ts'
import { h } from './dom.ts'
import { RowView } from './row.ts'

/** What happened, newest first. A row that is open stays open while others come. */
export class List {
  readonly element = h('ol', { class: 'rows', 'aria-label': 'What happened, newest first' })
  readonly #views = new Map<number, RowView>()

  /** Shows the rows. They are as many as a log keeps, and only those that changed are touched. */
  show(rows: readonly Row[]): void {
    const oldest = rows[0]?.id ?? Infinity
    for (const [id, view] of this.#views) {
      if (id >= oldest) break
      view.element.remove()
      this.#views.delete(id)
    }
    for (const row of rows) {
      const view = this.#views.get(row.id)
      if (view) {
        view.update()
        continue
      }
      const made = new RowView(row)
      this.#views.set(row.id, made)
      this.element.prepend(made.element)
    }
  }
}
