// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { budget } from '../web/common/markdown/budget.ts'
import type { Piece } from '../web/common/markdown/colourGroups.ts'
import { colours } from '../web/common/markdown/colours.ts'
import { splitLines } from '../web/common/markdown/lines.ts'
import { MarkdownView } from '../web/common/markdown/view.ts'

const none = { gaps: [], citations: [], sources: [] }
const line = 'let rope = 1\n'

/** What was asked, and how to answer: each line's first word in colour. */
let asked: { code: string; answer: () => void }[]
let frames: (() => void)[]

beforeEach(() => {
  asked = []
  frames = []
  vi.stubGlobal('setTimeout', (task: () => void) => frames.push(task))
  vi.stubGlobal('requestAnimationFrame', (task: () => void) => frames.push(task))
  vi.spyOn(colours, 'known').mockReturnValue(undefined)
  vi.spyOn(colours, 'of').mockImplementation((_, code) => {
    const groups = splitLines(code).map(({ text }) =>
      JSON.stringify(
        text.split(/^(let)/m).map((one): Piece => (one === 'let' ? ['hljs-keyword', one] : one)),
      ),
    )
    return new Promise((resolve) => {
      asked.push({ code, answer: () => resolve(groups) })
    })
  })
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

const frame = () => {
  for (const one of frames.splice(0)) one()
}
const answered = async () => {
  asked.shift()!.answer()
  await Promise.resolve()
  for (let left = 200; left > 0; left--) frame()
}

function start() {
  const element = document.createElement('div')
  document.body.append(element)
  const view = new MarkdownView(element)
  const grow = async (text: string, final = false) => {
    view.update(text, none, final)
    await Promise.resolve()
  }
  const coloured = () => element.querySelectorAll('.hljs-keyword').length
  const code = () => element.querySelector('code')!.textContent
  return { element, grow, coloured, code }
}

test('code shows at once, and its colours a group of lines with each frame', async () => {
  const { element, grow, coloured, code } = start()
  const text = line.repeat(3 * budget.lines)
  await grow(`\`\`\`ts\n${text}\`\`\``, true)
  expect([code(), coloured()]).toEqual([text, 0])
  asked.shift()!.answer()
  await Promise.resolve()
  const counts: number[] = []
  for (let left = 20; left > 0; left--) {
    frame()
    counts.push(coloured())
  }
  expect([...new Set(counts)]).toEqual([1, 2, 3].map((groups) => groups * budget.lines))
  expect([code(), asked.length]).toEqual([text, 0])
  element.remove()
})

test('of code that grows, work is linear in its length, and at its end all has colours', async () => {
  const { element, grow, coloured, code } = start()
  let text = ''
  let work = 0
  for (let times = 0; times < 800; times++) {
    await grow(`\`\`\`ts\n${(text += line)}`)
    for (const { code: one } of asked) work += one.length
    while (asked.length > 0) await answered()
    expect(code()).toBe(text)
  }
  expect(work).toBeLessThan(12 * text.length)
  expect(coloured()).toBeLessThan(800)
  await grow(`\`\`\`ts\n${text}\`\`\``, true)
  expect(asked.map((one) => one.code)).toEqual([text])
  await answered()
  expect([code(), coloured()]).toEqual([text, 800])
  element.remove()
})

test('code inside of a list keeps its colours while the list grows', async () => {
  const { element, grow, coloured, code } = start()
  const text = '- one\n\n  ```ts\n  let a\n  let b\n'
  await grow(text)
  await answered()
  expect(coloured()).toBe(2)
  const shown = element.querySelector('code')!
  const made = vi.spyOn(shown, 'replaceChildren')
  await grow(`${text}  \`\`\`\n\n  and **more`)
  expect(element.querySelector('code')).toBe(shown)
  expect([code(), coloured(), made.mock.calls.length]).toEqual(['let a\nlet b\n', 2, 0])
  element.remove()
})

test('code with a gap has no colours until the gap is filled', async () => {
  const { element, grow, coloured } = start()
  const view = new MarkdownView(element)
  const gap = { from: 10, to: 10, missing: 6 }
  view.update('```ts\nlet a\nlet b\n```', { ...none, gaps: [gap as never] }, true)
  await Promise.resolve()
  expect(element.querySelectorAll('code .gap').length).toBe(1)
  expect(asked.length).toBe(0)
  view.dispose()
  await grow('```ts\nlet a = 1\nlet b\n```', true)
  await answered()
  expect([coloured(), element.querySelectorAll('.gap').length]).toEqual([2, 0])
  element.remove()
})

test('code that is gone is neither asked for nor coloured', async () => {
  const { element, grow } = start()
  await grow(`\`\`\`ts\n${line}\`\`\``, true)
  element.remove()
  await answered()
  expect(element.querySelectorAll('.hljs-keyword').length).toBe(0)
})
