import type { MarkdownIt, StateBlock, StateInline } from 'markdown-it'
import { budget } from './budget.ts'

/** How models delimit formulas: the beginning, the end, and whether it stands in a line of its own. */
const delimiters = [
  ['$$', '$$', true],
  ['\\[', '\\]', true],
  ['\\(', '\\)', false],
  ['$', '$', false],
] as const

/** Makes a parser find formulas. They become tokens of the type `math`, with TeX as content and the source as markup. */
export function findMath(markdown: MarkdownIt): void {
  markdown.block.ruler.before('fence', 'math', blockRule, {
    alt: ['paragraph', 'reference', 'blockquote', 'list'],
  })
  // Before the rule that reads `\(` as a bracket.
  markdown.inline.ruler.before('escape', 'math', inlineRule)
}

/** A formula that begins and ends with a line: nothing inside it is a list, heading or table. */
function blockRule(state: StateBlock, startLine: number, _endLine: number, silent: boolean): boolean {
  const from = state.bMarks[startLine]! + state.tShift[startLine]!
  const found = delimiters.find(([open, , own]) => own && state.src.startsWith(open, from))
  if (!found || state.sCount[startLine]! - state.blkIndent >= 4) return false
  const [open, close] = found
  const end = state.src.slice(0, from + budget.formula).indexOf(close, from + open.length)
  if (end < 0) return false
  const lastLine = lineOf(state, startLine, end)
  const isAlone = state.src.slice(end + close.length, state.eMarks[lastLine]).trim() === ''
  const isWithin = lastLine < state.lineMax && state.sCount[lastLine]! >= state.blkIndent
  if (!isAlone || !isWithin) return false
  if (silent) return true
  const token = state.push('math', 'math', 0)
  token.content = state.src.slice(from + open.length, end)
  token.markup = state.src.slice(from, end + close.length)
  token.info = 'display'
  token.map = [startLine, lastLine + 1]
  state.line = lastLine + 1
  return true
}

function lineOf(state: StateBlock, line: number, at: number): number {
  let found = line
  while (state.eMarks[found]! < at && found < state.lineMax) found++
  return found
}

function inlineRule(state: StateInline, silent: boolean): boolean {
  const { src, pos } = state
  const found = delimiters.find(([open]) => src.startsWith(open, pos))
  if (!found) return false
  const [open, close, own] = found
  const from = pos + open.length
  const end = src.slice(0, Math.min(state.posMax, from + budget.formula)).indexOf(close, from)
  if (end <= from || (open === '$' && isMoney(src, from, end))) return false
  if (!silent) {
    const token = state.push('math', 'math', 0)
    token.content = src.slice(from, end)
    token.markup = src.slice(pos, end + close.length)
    if (own) token.info = 'display'
  }
  state.pos = end + close.length
  return true
}

/** `$5 and $10`: a space inside of a dollar, or a digit behind it. */
const isMoney = (src: string, from: number, end: number): boolean =>
  /\s/.test(src[from]!) || /[\s\\]/.test(src[end - 1]!) || /\d/.test(src[end + 1] ?? '')
