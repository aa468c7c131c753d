// @vitest-environment happy-dom
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { MarkdownView } from '../web/common/markdown/view.ts'

function show(text: string, ...gaps: [from: number, to: number, missing?: number][]): HTMLElement {
  const element = document.createElement('div')
  const marks = {
    gaps: gaps.map(([from, to, missing]) => ({ part: 'p', from, to, missing })),
    citations: [],
    sources: [],
  }
  new MarkdownView(element).update(text, marks, true)
  return element
}

const uncertain = (element: HTMLElement) =>
  [...element.querySelectorAll('.uncertain')].map((one) => one.textContent).join('')

test('an exact gap is a mark where it is', () => {
  const element = show('one two', [4, 4, 3])
  expect(element.textContent).toBe('one … 3 characters missingtwo')
  expect(uncertain(element)).toBe('')
})

test('a gap that may be anywhere in a range marks the range, across formats and paragraphs', () => {
  const text = 'one **two** three\n\nfour `five` six'
  const element = show(text, [6, text.indexOf('five') + 2, 9])
  expect(element.querySelectorAll('[data-gap]').length).toBe(1)
  expect(uncertain(element)).toBe('two threefour fi')
  expect(element.querySelector('strong .uncertain')?.textContent).toBe('two')
})

test('a mark that changes its number is made anew', () => {
  const element = document.createElement('div')
  const view = new MarkdownView(element)
  const marks = (missing: number) => ({
    gaps: [{ part: 'p', from: 3, to: 3, missing }],
    citations: [],
    sources: [],
  })
  view.update('one two', marks(7), false)
  view.update('one two', marks(123), false)
  expect(element.textContent).toContain('123 characters missing')
})

test('wherever the gaps are, each has one mark, and the text is all there', () => {
  const text = 'one **two** three\n\n- four\n- five `six`\n\n| a | b |\n|---|---|\n| c | d |\n'
  const gap = fc.tuple(fc.nat(text.length), fc.nat(12), fc.option(fc.nat(50), { nil: undefined }))
  const letters = (value: string | null) => (value ?? '').replace(/[^a-z]/g, '')
  fc.assert(
    fc.property(fc.array(gap, { maxLength: 4 }), (all) => {
      const gaps = all.map(([from, length, missing]): [number, number, number?] => [
        from,
        Math.min(text.length, from + length),
        missing,
      ])
      const element = show(text, ...gaps)
      for (const mark of element.querySelectorAll('[data-gap], figcaption')) mark.remove()
      expect(letters(element.textContent)).toBe(letters(text))
      expect(element.textContent).not.toMatch(/[\uE0F0\uE0F1]/)
    }),
    { numRuns: 300 },
  )
})
