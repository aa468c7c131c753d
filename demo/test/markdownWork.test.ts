import type { Env } from 'markdown-it'
import { expect, test } from 'vitest'
import { budget } from '../web/common/markdown/budget.ts'
import { blocksOf, inlineOf } from '../web/common/markdown/parse.ts'
import { completed } from '../web/common/markdown/tail.ts'
import { workOf } from './work.ts'

const repeated = (unit: string) => (length: number) => unit.repeat(Math.ceil(length / unit.length))
const lines = (line: (nth: number) => string) => (length: number) => {
  let text = ''
  for (let nth = 0; text.length < length; nth++) text += `${line(nth)}\n`
  return text
}

/** Texts that have frozen one parser of Markdown or another, by their length. */
const hostile: Record<string, (length: number) => string> = {
  quotes: repeated('>'),
  'quotes, spaced': repeated('> '),
  'quotes, deeper by the line': lines((nth) => `${'>'.repeat(nth % 50)} a`),
  emphasis: repeated('**a*b_'),
  'emphasis that closes nothing': repeated('_a__'),
  'emphasis that opens nothing': repeated('a* '),
  'alternating emphasis': repeated('*a_ '),
  strikes: repeated('~~a'),
  brackets: repeated('['),
  'brackets, closed': (length) => '['.repeat(length / 2) + ']'.repeat(length / 2),
  images: repeated('!['),
  links: repeated('[a](b'),
  'nested links': repeated('[a](<b'),
  'link titles': repeated('[a](b "c'),
  definitions: repeated('[a]: '),
  'definitions, by the line': lines((nth) => `[a${nth}]: /b "c`),
  'uses of a definition': (length) => `[a]: /b\n\n${'[a]'.repeat(length / 3)}`,
  lists: repeated('- '),
  'numbered lists': repeated('1. '),
  'lists, deeper by the line': lines((nth) => `${' '.repeat((nth % 15) * 2)}- a`),
  'lists in quotes': repeated('> - '),
  'items of a list': lines(() => '- a'),
  'items of a list, apart': lines(() => '- a\n'),
  backticks: repeated('`a``'),
  'backticks of all lengths': lines((nth) => '`'.repeat((nth % 40) + 1)),
  fences: repeated('```\n'),
  'fences, longer by the line': lines((nth) => '`'.repeat((nth % 40) + 3)),
  code: lines(() => '    a'),
  table: (length) => `|${'a|'.repeat(length / 4)}\n|${'-|'.repeat(length / 4)}`,
  'rows of a table': (length) => `|a|b|\n|-|-|\n${'|c|d|\n'.repeat(length / 6)}`,
  'rows of a wide table': (length) => `|${'a|'.repeat(50)}\n|${'-|'.repeat(50)}\n${'|\n'.repeat(length / 2)}`,
  headings: repeated('# a\n'),
  'headings, underlined': lines(() => 'a\n='),
  rules: repeated('* * * '),
  html: repeated('<a '),
  comments: repeated('<!--'),
  tags: repeated('<div>'),
  declarations: repeated('<?'),
  addresses: repeated('http://a'),
  'addresses, angled': repeated('<http:'),
  mail: repeated('a.a@'),
  entities: repeated('&#'),
  'named entities': repeated('&amp'),
  backslashes: repeated('\\'),
  'hard breaks': repeated('a  \n'),
  spaces: (length) => `a${' '.repeat(length)}b`,
  tabs: repeated('\t\n'),
  dollars: repeated('$a '),
  'dollars, two': repeated('$$a '),
  'dollars, by the line': lines(() => '$$'),
  'formulas that never end': lines(() => '\\[ a'),
  'brackets of formulas': repeated('\\( a '),
  'blank lines': repeated('\n'),
  sentinels: repeated('\uE0F0g0\uE0F1'),
  'one line': repeated('a'),
  'one line of words': repeated('word '),
  'Arabic and Japanese': repeated('مرحبا 日本語 '),
  'lone surrogates': repeated('\uD800'),
  nul: repeated('\0'),
}

const ours = /markdown-it|remend|mdurl|linkify|\/demo\/web\/common\//

/** How many characters are parsed to show a text while it grows. */
function parse(text: string): void {
  const env: Env = {}
  const blocks = blocksOf(text, env)
  const last = blocks.at(-1)
  for (const { tokens = [] } of [...blocks, ...(last?.tokens ? blocksOf(completed(last.raw), env) : [])])
    for (const { type, content } of tokens) if (type === 'inline') inlineOf(content, env)
}

/** Steps of our own and of the libraries' code, by character. */
const cost = async (text: string) => (await workOf(ours, () => parse(text))) / text.length

test.each(Object.entries(hostile))(
  '%s: a character costs the same, however many there are',
  async (_, text) => {
    // The first time, code is compiled.
    await cost(text(4000))
    const paragraphs = (count: number) => Array<string>(count).fill(text(2000)).join('\n\n')
    const costs = [
      await cost(paragraphs(5)),
      await cost(paragraphs(80)),
      // One paragraph: the most that is parsed as one, and beyond.
      await cost(text(budget.inline)),
      await cost(text(budget.block)),
      await cost(text(500_000)),
    ]
    expect(Math.max(...costs)).toBeLessThan(1000)
  },
)
