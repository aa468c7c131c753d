import MarkdownIt, { type Env, type Token } from 'markdown-it'
import { budget } from './budget.ts'

/** A paragraph, a list, a table: what stands by itself at the top level of a text. */
export interface Block {
  /** Its source, with the blank lines and link definitions after it. */
  raw: string
  /** Absent when the block is over a budget, and shows as plain text. */
  tokens?: readonly Token[]
}

const markdown = new MarkdownIt('default', { html: false, maxNesting: budget.depth })

/** A few characters can stand for many cells of a table: the parser stops at more tokens than a text can mean. */
class BoundedState extends markdown.block.State {
  #left = most(this.src)

  override push(...token: Parameters<InstanceType<typeof markdown.block.State>['push']>): Token {
    if (this.#left-- <= 0) throw new TooManyTokens()
    return super.push(...token)
  }
}

/** How many tokens a text can mean. */
const most = (text: string) => 1000 + 2 * text.length

class TooManyTokens extends Error {}

markdown.block.State = BoundedState

/** Cuts a text into blocks. What stands inside paragraphs is not parsed here, but by `inlineOf`. */
export function blocksOf(source: string, env: Env): Block[] {
  const text = source.slice(0, budget.text)
  const { groups, whole } = groupsOf(text, env)
  const lines = linesOf(text)
  const starts = groups.map(([first]) => lines[first!.map?.[0] ?? 0] ?? text.length)
  starts[0] = 0
  const count = Math.min(budget.blocks, whole ? groups.length : groups.length - 1)
  const blocks = groups.slice(0, count).map((tokens, index): Block => {
    const raw = text.slice(starts[index], starts[index + 1])
    return affordable(raw, tokens) ? { raw, tokens } : { raw }
  })
  const rest = source.slice(starts[blocks.length] ?? text.length)
  return rest === '' ? blocks : [...blocks, { raw: rest }]
}

/** The tokens of a paragraph's, a heading's or a cell's text. */
export function inlineOf(content: string, env: Env): Token[] {
  const tokens: Token[] = []
  markdown.inline.parse(content, markdown, env, tokens)
  return tokens
}

/** Tokens of the top level, each with all that is inside; unless `whole`, the last is not finished. */
function groupsOf(text: string, env: Env): { groups: Token[][]; whole: boolean } {
  const tokens: Token[] = []
  let whole = true
  try {
    markdown.block.parse(text, markdown, env, tokens)
  } catch (error) {
    if (!(error instanceof TooManyTokens)) throw error
    whole = false
  }
  const groups: Token[][] = []
  for (const token of tokens)
    if (token.level === 0 && token.nesting >= 0) groups.push([token])
    else groups.at(-1)!.push(token)
  return { groups, whole }
}

/** Where each line begins. */
function linesOf(text: string): number[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  return starts
}

/** The parser drops text that is nested too deep; plain text drops none. */
function affordable(raw: string, tokens: readonly Token[]): boolean {
  if (isCode(tokens)) return true
  return (
    raw.length <= budget.block &&
    tokens.length <= most(raw) &&
    tokens.every(({ level, content }) => level < budget.depth - 1 && content.length <= budget.inline)
  )
}

export const isCode = (tokens: readonly Token[]): boolean =>
  tokens[0]?.type === 'fence' || tokens[0]?.type === 'code_block'
