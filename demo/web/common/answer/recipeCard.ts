import { h } from '../dom.ts'
import type { Item } from '../items.ts'
import { patch } from '../patch.ts'
import type { ItemView } from './answerView.ts'

/** A recipe, as far as the model has written it. Like all that it writes, it may be anything. */
export class RecipeCard implements ItemView {
  readonly element = h('section', { class: 'recipe', 'aria-label': 'Recipe' })
  #data: unknown

  update(item: Item): void {
    if (item.kind !== 'recipe' || item.data === this.#data) return
    this.#data = item.data
    patch(this.element, shown(fieldsOf(item.data)))
  }
}

function shown({ title, serves, ingredients, steps }: Record<string, unknown>): HTMLElement {
  const parts = listOf(ingredients).map((one) => {
    const { amount, name } = fieldsOf(one)
    return h('li', { dir: 'auto' }, `${textOf(amount)} ${textOf(name)}`.trim())
  })
  const instructions = listOf(steps).map((step) => h('li', { dir: 'auto' }, textOf(step)))
  return h(
    'div',
    {},
    h('strong', { class: 'title', dir: 'auto' }, textOf(title)),
    typeof serves === 'number' && h('p', {}, `Serves ${serves}`),
    parts.length > 0 && h('ul', { 'data-field': 'ingredients' }, ...parts),
    instructions.length > 0 && h('ol', { 'data-field': 'steps' }, ...instructions),
  )
}

const fieldsOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}

const most = 200
const longest = 2000

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value.slice(0, most) : [])

const textOf = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value).slice(0, longest) : ''
