// @vitest-environment happy-dom
import fc from 'fast-check'
import { Marked } from 'marked'
import { expect, test } from 'vitest'
import { budget } from '../web/common/markdown/budget.ts'
import { MarkdownView } from '../web/common/markdown/view.ts'

const none = { gaps: [], citations: [], sources: [] }

/** Shows a text in pieces, as it would stream. */
function show(...texts: string[]): HTMLElement {
  const element = document.createElement('div')
  const view = new MarkdownView(element)
  for (const text of texts) view.update(text, none, false)
  view.update(texts.at(-1)!, none, true)
  return element
}

const words = (text: string | null) => (text ?? '').replace(/\s+/g, '')

test('a line of a million characters shows, whole', () => {
  for (const unit of ['a', '> ', '**a*b_', '- ', '[a](b']) {
    const text = unit.repeat(1_000_000 / unit.length)
    expect(words(show(text).textContent)).toBe(words(text))
  }
})

test('what is nested too deep shows as it was written', () => {
  for (const text of ['>'.repeat(8000), `${'- '.repeat(4000)}end`, `${'> - '.repeat(2000)}end`])
    expect(words(show(text).textContent)).toBe(words(text))
  expect(show('>'.repeat(8000), 'after').textContent).toBe('after')
  expect(show('> '.repeat(budget.depth / 3) + 'end').querySelectorAll('blockquote').length).toBeGreaterThan(
    10,
  )
})

test('a table of many cells in few characters shows as it was written', () => {
  const text = `|${'a|'.repeat(250)}\n|${'-|'.repeat(250)}\n${'|\n'.repeat(250)}`
  const element = show(`before\n\n${text}`)
  expect(element.querySelector('p')?.textContent).toBe('before')
  expect(element.querySelectorAll('td').length).toBe(0)
  expect(words(element.textContent)).toBe(words(`before${text}`))
})

/** Pieces of Markdown, well-formed and not. */
const piece = fc.oneof(
  fc.constantFrom(
    '*',
    '**',
    '_',
    '`',
    '```',
    '~~',
    '[',
    ']',
    '](',
    '(',
    ')',
    '![',
    '<',
    '>',
    '|',
    '|-|',
    '#',
    '-',
  ),
  fc.constantFrom(
    '\n',
    '\n\n',
    ' ',
    '    ',
    '\t',
    '\\',
    '&amp;',
    '&#0;',
    '1. ',
    '- ',
    '> ',
    '[a]: /b\n',
    '---\n',
  ),
  fc.constantFrom(
    '<b>',
    '<script>',
    '</div>',
    '<!--',
    'https://a.b/c_d',
    'word',
    'مرحبا',
    '日本語',
    '🙂',
    '\uD800',
    '\0',
  ),
)
const anyText = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(''))

test('whatever comes, nothing throws, and streaming ends as the whole would', () => {
  fc.assert(
    fc.property(anyText, fc.infiniteStream(fc.integer({ min: 1, max: 12 })), (text, steps) => {
      const pieces: string[] = []
      for (let at = 0; at < text.length;) pieces.push(text.slice(0, (at += steps.next().value as number)))
      expect(show(...pieces, text).innerHTML).toBe(show(text).innerHTML)
    }),
    { numRuns: 400 },
  )
})

test('model text is never HTML: only elements of Markdown come out, with links to the web alone', () => {
  const allowed =
    /^(?:a|blockquote|br|button|code|del|div|em|figcaption|figure|h[1-6]|hr|li|ol|p|pre|s|span|strong|table|tbody|td|th|thead|tr|ul)$/
  const bad = fc.constantFrom(
    '<img src=x onerror=alert(1)>',
    '[a](javascript:alert(1))',
    '![a](https://a.b/c.png)',
    '[a](data:text/html,x)',
    '<javascript:alert(1)>',
    '[a](<java\nscript:alert(1)>)',
    '<svg onload=alert(1)>',
    '[a]: javascript:alert(1)\n\n[a]',
    '[a](https://b.c "d" onclick=e)',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(bad, piece), { maxLength: 30 }), (pieces) => {
      for (const element of show(pieces.join('')).querySelectorAll('*')) {
        expect(element.localName).toMatch(allowed)
        for (const { name } of element.attributes) expect(name).not.toMatch(/^on|^src/)
        if (element.hasAttribute('href')) expect(element.getAttribute('href')).toMatch(/^(?:https?|mailto):/)
      }
    }),
    { numRuns: 400 },
  )
})

test('what is rendered is what another renderer of Markdown shows', () => {
  const text = `# A *heading*

Some **bold**, _emphasis_, \`code\`, ~~gone~~, a [link](https://example.com "there") and https://example.org/a_b.

- one
- two
  1. deeper
  2. and on

> quoted **twice**

| a | b |
|---|:-:|
| 1 | 2 |

\`\`\`ts
const x = '<b>'
\`\`\`

A [reference][r] &amp; an &copy; entity, a line  
break.

[r]: https://example.net`
  const reference = document.createElement('div')
  reference.innerHTML = new Marked({ gfm: true }).parse(text, { async: false })
  const element = show(text)
  for (const added of element.querySelectorAll('figcaption')) added.remove()
  expect(words(element.textContent)).toBe(words(reference.textContent))
  for (const tag of ['h1', 'strong', 'em', 'li', 'ol', 'blockquote', 'td', 'th', 'pre code', 'br'])
    expect([tag, element.querySelectorAll(tag).length]).toEqual([tag, reference.querySelectorAll(tag).length])
  expect([...element.querySelectorAll('a')].map((link) => link.getAttribute('href'))).toEqual(
    [...reference.querySelectorAll('a')].map((link) => link.getAttribute('href')),
  )
})

test('open marks at the end of a growing text show as what they will be', () => {
  const element = document.createElement('div')
  const view = new MarkdownView(element)
  const shown = (text: string) => {
    view.update(text, none, false)
    return element.textContent
  }
  for (const tail of ['**', '**bo', '*', '*it', '`', '`co', '~~', '~~go', '[li', '[li](', '[li](https://exa'])
    expect(shown(`Some text, ${tail}`)).not.toMatch(/[*`~[\]()]/)
  expect(shown('- one\n- **tw')).not.toContain('*')
  shown('a `co')
  expect(element.querySelector('code')?.textContent).toBe('co')
  view.update('2 ** 3', none, true)
  expect(element.textContent).toBe('2 ** 3')
})

test('what is settled stays the same element while the text grows', () => {
  const element = document.createElement('div')
  const view = new MarkdownView(element)
  view.update('one\n\n- two\n- three', none, false)
  const item = element.querySelector('li')
  view.update('one\n\n- two\n- three\n- four', none, false)
  expect(element.querySelector('li')).toBe(item)
  view.update('one\n\n- two\n- three\n- four\n\nfive\n\nsix', none, false)
  expect(element.querySelector('li')).toBe(item)
})
