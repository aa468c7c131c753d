// @vitest-environment happy-dom
import { expect, test } from 'vitest'
import { RecipeCard } from '../web/common/answer/recipeCard.ts'

const shown = (...values: unknown[]) => {
  const card = new RecipeCard()
  for (const data of values) card.update({ kind: 'recipe', key: 'r', data })
  return card.element
}

test('a recipe shows as far as it has come, and what is there stays the same element', () => {
  const card = new RecipeCard()
  card.update({ kind: 'recipe', key: 'r', data: { title: 'So' } })
  card.update({ kind: 'recipe', key: 'r', data: { title: 'Soup', steps: ['Boil.'] } })
  const [step] = card.element.querySelectorAll('li')
  card.update({ kind: 'recipe', key: 'r', data: { title: 'Soup', steps: ['Boil.', 'Ser'] } })
  expect(card.element.querySelector('li')).toBe(step)
  expect(card.element.textContent).toBe('SoupBoil.Ser')
})

test.each([[null], [7], ['text'], [[]], [{ title: {}, ingredients: 'x', steps: [null, {}, []] }]])(
  'anything else breaks nothing: %j',
  (value) => {
    expect(shown({ title: 'Soup' }, value).querySelector('.title')!.textContent).toBe('')
  },
)

test('markup is text', () => {
  const element = shown({ title: '<img src=x>', steps: ['<script></script>'] })
  expect(element.querySelector('img, script')).toBeNull()
})
