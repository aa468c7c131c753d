// @vitest-environment happy-dom
import type { Env } from 'markdown-it'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import { blocksOf, inlineOf } from '../web/common/markdown/parse.ts'
import { cleaned, mathOf } from '../web/common/markdown/tex.ts'
import { MarkdownView } from '../web/common/markdown/view.ts'

// Temml asks for it when it is loaded; happy-dom knows no doctype.
vi.hoisted(() => Object.defineProperty(document, 'compatMode', { value: 'CSS1Compat' }))

/** The formulas of a text, as the parser finds them; those that stand in a line of their own in brackets. */
function formulasOf(text: string): string[] {
  const env: Env = {}
  return blocksOf(text, env)
    .flatMap(({ tokens = [] }) => tokens)
    .flatMap((token) => (token.type === 'inline' ? inlineOf(token.content, env) : [token]))
    .filter(({ type }) => type === 'math')
    .map(({ content, info }) => (info === 'display' ? `[${content.trim()}]` : content))
}

test.each([
  ['so $x^2$ is', ['x^2']],
  [String.raw`so \(x^2\) is`, ['x^2']],
  ['so $$x^2$$ is', ['[x^2]']],
  [String.raw`\[` + '\na\n- b\n= c\n' + String.raw`\]`, ['[a\n- b\n= c]']],
  ['before\n$$\n- a\n$$\nafter', ['[- a]']],
  ['- one\n  $$\n  a\n  $$\n- two', ['[a]']],
  ['| a |\n|---|\n| $x$ |', ['x']],
  ['it costs $5 and $10', []],
  ['$5-$10, or US$3', []],
  ['`$x$`, and ```$y$```', []],
  ['```\n$$\na\n$$\n```', []],
  [String.raw`\$x$ is not`, []],
  ['$$\nnever closed', []],
])('formulas in %j', (text, found) => {
  expect(formulasOf(text)).toEqual(found)
})

test('a formula becomes MathML when what renders it is there, and not before it is whole', async () => {
  const element = document.createElement('div')
  const view = new MarkdownView(element)
  const none = { gaps: [], citations: [], sources: [] }
  view.update('so $x^', none, false)
  expect(element.textContent).toBe('so $x^')
  view.update(String.raw`so $x^2$ and $\frac`, none, false)
  await vi.waitFor(() => expect(element.querySelectorAll('math msup').length).toBe(1))
  view.update(String.raw`so $x^2$ and $\frac{1}{2}$ and $\unknown{$.`, none, true)
  expect(element.querySelectorAll('math mfrac').length).toBe(1)
  expect(element.textContent).toContain(String.raw`$\unknown{$.`)
  view.dispose()
})

test('chemistry, and what packages of TeX add, are rendered too', async () => {
  const element = document.createElement('div')
  const view = new MarkdownView(element)
  const none = { gaps: [], citations: [], sources: [] }
  view.update(String.raw`$\ce{2H2 + O2 -> 2H2O}$, $\pu{1 m/s}$, $\dv{f}{x}$, $\R$`, none, true)
  await vi.waitFor(() => expect(element.querySelectorAll('math').length).toBe(4))
  expect(element.textContent).not.toContain('ce{')
  view.dispose()
})

test('whatever the library makes, only known elements and attributes are taken over', () => {
  const made = document.createElement('div')
  made.innerHTML =
    '<math display="block" onclick="1"><mrow href="javascript:1" class="a"><a href="https://a.b"><mi mathvariant="bold">x</mi></a>' +
    '<script>1</script><img src="x" onerror="1"><annotation-xml><svg onload="1"></svg></annotation-xml><maction>y</maction></mrow></math>'
  const copy = document.createElement('div')
  copy.append(cleaned(made.firstElementChild!))
  expect(copy.innerHTML).toBe(
    '<math display="block"><mrow class="a"><mi mathvariant="bold">x</mi>1y</mrow></math>',
  )
  for (let depth = 0; depth < 100; depth++) {
    const outer = document.createElement('mrow')
    outer.append(made.firstElementChild!)
    made.append(outer)
  }
  expect(() => cleaned(made)).toThrow('nested so deep')
})

test('of a formula, only MathML comes out that says how it looks', () => {
  const bad = [
    String.raw`\href{javascript:alert(1)}{x}`,
    String.raw`\url{https://a.b}`,
    String.raw`\includegraphics{https://a.b/c.png}`,
    String.raw`\class{x}{y}`,
    String.raw`\style{background: url(https://a.b)}{y}`,
    String.raw`\text{<img src=x onerror=alert(1)>}`,
    String.raw`\color{url(https://a.b)}{x}`,
    String.raw`\def\a{\a\a}\a`,
    '{'.repeat(1000),
    String.raw`\frac{`.repeat(300) + '1' + '}{2}'.repeat(300),
    String.raw`\sqrt{\frac{1}{x_2^3}}`,
    String.raw`\begin{pmatrix}1&2\\3&4\end{pmatrix}`,
  ]
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom(...bad, '^', '_', '}', '{', '&', '<b>', '\\'), { maxLength: 6 }),
      (parts) => {
        const math = mathOf(parts.join(' '), true)
        for (const element of math ? [math, ...math.querySelectorAll('*')] : []) {
          expect(element.namespaceURI).toBe('http://www.w3.org/1998/Math/MathML')
          expect(element.localName).toMatch(/^m[a-z]+$/)
          for (const { name, value } of element.attributes) {
            expect(name).not.toMatch(/^(?:on|href|src|xlink|id)/)
            expect(value).not.toMatch(/url|javascript/i)
          }
        }
      },
    ),
    { numRuns: 300 },
  )
  expect(mathOf(String.raw`\sqrt{2}`, false)?.querySelector('msqrt')).toBeTruthy()
})
