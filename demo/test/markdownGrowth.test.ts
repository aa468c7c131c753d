// @vitest-environment happy-dom
import { expect, test, vi } from 'vitest'
import { budget } from '../web/common/markdown/budget.ts'
import { MarkdownView } from '../web/common/markdown/view.ts'
import { patch } from '../web/common/patch.ts'
import { workOf } from './work.ts'

const none = { gaps: [], citations: [], sources: [] }

function start() {
  const element = document.createElement('div')
  const view = new MarkdownView(element)
  return { element, grow: (text: string, final = false) => view.update(text, none, final) }
}

/** The nodes whose content or children changed while `act` ran. */
function changedBy(element: Element, act: () => void): Node[] {
  const observer = new MutationObserver(() => {})
  observer.observe(element, { subtree: true, childList: true, characterData: true })
  act()
  const records = observer.takeRecords()
  observer.disconnect()
  return records.map(({ target }) => target)
}

const items = (count: number, mark: (nth: number) => string, between = '\n') =>
  Array.from({ length: count }, (_, nth) => `${mark(nth)} item ${nth}`).join(between)

test('a long list that grows is shown again in its last part only', () => {
  const { element, grow } = start()
  const text = items(200, () => '-')
  grow(text)
  const changed = changedBy(element, () => grow(`${text} and more`))
  expect(changed.length).toBeGreaterThan(0)
  expect(element.children.length).toBeGreaterThan(10)
  expect(changed.every((node) => element.lastElementChild!.contains(node))).toBe(true)
  expect(element.querySelectorAll('li').length).toBe(200)
  expect(element.lastElementChild!.querySelectorAll('li').length).toBeLessThanOrEqual(budget.items)
})

test.each([
  ['1, 2, 3', (nth: number) => `${nth + 1}.`, 1],
  ['always the same', () => '1.', 1],
  ['from a later one', (nth: number) => `${nth + 7}.`, 7],
])('parts of a list go on with its numbers: %s', (_, mark, first) => {
  const { element, grow } = start()
  const text = items(3 * budget.items + 1, mark)
  const starts = () =>
    [...element.querySelectorAll('ol')].map((list) => Number(list.getAttribute('start') ?? 1))
  const wanted = [0, 1, 2, 3].map((part) => first + part * budget.items)
  // Bold is still open: the last part is completed, and parsed by itself.
  for (const end of ['', ' **bo']) {
    grow(text + end)
    expect(starts()).toEqual(wanted)
  }
  grow(text, true)
  expect(starts()).toEqual(wanted)
})

test('items that stand apart do so in every part, while the last one is completed', () => {
  const { element, grow } = start()
  grow(`${items(budget.items + 1, () => '-', '\n\n')} **bo`)
  expect(element.querySelectorAll('li > p').length).toBe(budget.items + 1)
})

test('a row of a table shows when it is whole, or when nothing follows', () => {
  const { element, grow } = start()
  const text = '| a | b |\n|---|---|\n| one | two |\n| three'
  grow(text)
  expect([...element.querySelectorAll('td')].map((cell) => cell.textContent)).toEqual(['one', 'two'])
  grow(text, true)
  expect(element.textContent).toContain('three')
})

test('of a table that grows, only the row that came is made, and nothing before it is whole or when it ends', async () => {
  const { element, grow } = start()
  const cells = ['one', '**two**', '`three`', 'four']
  const row = `| ${cells.join(' | ')} |\n`
  let text = `| a | b | c | d |\n|---|---|---|---|\n${row.repeat(300)}`
  grow(text)
  const rows = () => element.querySelectorAll('tbody tr').length
  const work = (act: () => void) => {
    const made = vi.spyOn(document, 'createElement')
    act()
    const count = made.mock.calls.length
    made.mockRestore()
    return count
  }
  expect(rows()).toBe(300)
  expect(await workOf(/markdown-it/, () => grow((text += row.slice(0, 6))))).toBe(0)
  expect(work(() => grow((text += row.slice(6, 12))))).toBe(0)
  expect(work(() => grow((text += row.slice(12))))).toBeLessThan(2 * cells.length)
  expect(rows()).toBe(301)
  // What follows it shows at once.
  expect(work(() => grow((text += '\nAnd so')))).toBeLessThan(2 * cells.length)
  expect(element.lastElementChild!.textContent).toBe('And so')
  grow((text += ' on'), true)
  expect(rows()).toBe(301)
  const whole = start()
  whole.grow(text, true)
  expect(element.innerHTML).toBe(whole.element.innerHTML)
})

test.each([
  ['with links that are defined further down', '| [a] | b |\n|---|---|\n| [a] | c |\n\n[a]: https://a.b\n'],
  ['in a quote', '> | a | b |\n> |---|---|\n> | c | d |\n'],
  ['that a heading follows at once', '| a | b |\n|---|---|\n| c | d |\n# And so on'],
  ['with rows without bars', 'a | b\n---|---\nc | d\ne | f\n'],
  ['whose second row ends it', '| a | b |\n|---|---|\n| c | d |\n\n| e'],
  ['of a header alone', '| a | b |\n|---|---|'],
])('a table that came in pieces is what it is as a whole: %s', (_, text) => {
  const [parts, whole] = [start(), start()]
  for (let length = 1; length <= text.length; length++) parts.grow(text.slice(0, length))
  parts.grow(text, true)
  whole.grow(text, true)
  expect(parts.element.innerHTML).toBe(whole.element.innerHTML)
})

test('of code that grows, only what came is added; it stands in groups of lines, and whole', () => {
  const { element, grow } = start()
  const line = 'let rope = 1\n'
  let code = line.repeat(3 * budget.lines)
  grow(`\`\`\`text\n${code}`)
  expect(element.querySelectorAll('.lines').length).toBe(4)
  const made = vi.spyOn(document, 'createElement')
  grow(`\`\`\`text\n${(code += 'let more')}`)
  expect(made).not.toHaveBeenCalled()
  made.mockRestore()
  for (let times = 0; times < 100; times++) grow(`\`\`\`text\n${(code += line)}`)
  expect(element.querySelector('code')!.textContent).toBe(code)
  for (const group of element.querySelectorAll('.lines'))
    expect(group.textContent.split('\n').length).toBeLessThanOrEqual(2 * budget.lines + 1)
  grow(`\`\`\`text\n${code}\`\`\``, true)
  expect(element.querySelector('code')!.textContent).toBe(code)
})

test('what rests stays the same element when what is shown again is alike', () => {
  const element = document.createElement('div')
  const content = () => {
    const box = document.createElement('div')
    box.innerHTML = '<span class="lines">one</span>'
    return box
  }
  patch(element, content())
  const resting = element.firstElementChild!
  resting.toggleAttribute('data-resting', true)
  const other = content()
  other.firstElementChild!.textContent = 'two'
  patch(element, other)
  expect(element.firstElementChild).toBe(resting)
  expect(resting.hasAttribute('data-resting')).toBe(true)
  expect(element.textContent).toBe('two')
})
