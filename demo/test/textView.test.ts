// @vitest-environment happy-dom
import { expect, test, vi } from 'vitest'
import { PlainView } from '../web/common/plainView.ts'
import { SafeTextView } from '../web/common/textView.ts'

vi.mock('../web/common/markdown/parse.ts', async (original) => ({
  ...(await original<object>()),
  blocksOf: (source: string) => {
    if (source.includes('breaks')) throw new RangeError('Maximum call stack size exceeded')
    return [{ raw: source }]
  },
}))

test('a text whose rendering fails shows as it was written, and goes on', () => {
  const element = document.createElement('div')
  const view = new SafeTextView(element, 'rendered', 'text')
  view.update({ text: 'this ', gaps: [] }, [], true)
  expect(element.className).toBe('rendered')
  view.update({ text: 'this breaks', gaps: [] }, [], true)
  view.update({ text: 'this breaks, and goes on', gaps: [] }, [], false)
  expect(element.textContent).toBe('this breaks, and goes on')
  expect(element.className).toBe('plain')
})

test('plain text that grows is added to what is there', () => {
  const element = document.createElement('div')
  const view = new PlainView(element)
  view.update('word '.repeat(100), { gaps: [] })
  const first = element.firstChild
  view.update('word '.repeat(200), { gaps: [] })
  expect(element.firstChild).toBe(first)
  expect(element.textContent).toBe('word '.repeat(200))
  view.update('word '.repeat(200), { gaps: [{ part: 'p', from: 5, to: 10, missing: 3 }] })
  expect(element.querySelector('.uncertain')?.textContent).toBe('word ')
  expect(element.textContent).toContain('3 characters missing in the marked text')
  view.update('another', { gaps: [] })
  expect(element.textContent).toBe('another')
})
