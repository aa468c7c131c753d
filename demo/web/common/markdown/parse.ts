import MarkdownIt, { type Env, type Token } from 'markdown-it'
import { budget } from './budget.ts'
import { findMath } from './mathRules.ts'

/** A paragraph, a list, a table: what stands by itself at the top level of a text. */
export interface Block {
  /** Its source, with the blank lines and link definitions after it. */
  raw: string
  /** Absent when the block is over a budget, and shows as plain text. */
  tokens?: readonly Token[]
  /** It goes on with the list that the block before it began. */
  follows?: true
}

const markdown = new MarkdownIt('default', { html: false, maxNesting: budget.depth })
findMath(markdown)

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
  const unfinished = whole ? undefined : groups.at(-1)
  const parts = groups.flatMap((tokens) => (tokens === unfinished ? [wholePart(tokens)] : partsOf(tokens)))
  const starts = parts.map(({ line }) => lines[line] ?? text.length)
  starts[0] = 0
  const count = Math.min(budget.blocks, whole ? parts.length : parts.length - 1)
  const blocks = parts.slice(0, count).map(({ tokens, follows }, index): Block => {
    const raw = text.slice(starts[index], starts[index + 1])
    return { raw, ...(affordable(raw, tokens) && { tokens }), ...(follows && { follows }) }
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

/** Tokens of the top level, each with its children; unless `whole`, the last is not finished. */
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

interface Part {
  tokens: Token[]
  /** Where it begins in the text. */
  line: number
  follows: boolean
}

const wholePart = (tokens: Token[]): Part => ({ tokens, line: tokens[0]!.map?.[0] ?? 0, follows: false })

/** A long list in parts of some items each, so that one that grows costs as much as its last part; all else whole. */
function partsOf(tokens: Token[]): Part[] {
  const open = tokens[0]!
  const items = tokens.flatMap(({ type, level }, at) =>
    type === 'list_item_open' && level === 1 ? [at] : [],
  )
  if (items.length <= budget.items) return [wholePart(tokens)]
  const starts = items.filter((_, nth) => nth % budget.items === 0)
  return starts.map((from, nth) => ({
    tokens: [
      numberedFrom(open, nth * budget.items),
      ...tokens.slice(from, starts[nth + 1] ?? -1),
      tokens.at(-1)!,
    ],
    line: tokens[nth === 0 ? 0 : from]!.map![0],
    follows: nth > 0,
  }))
}

/** The opening of a list whose first `count` items are elsewhere. */
function numberedFrom(open: Token, count: number): Token {
  if (count === 0 || open.type !== 'ordered_list_open') return open
  const token = Object.assign(Object.create(Object.getPrototypeOf(open) as object) as Token, open)
  token.attrs = [['start', String(Number(open.attrGet('start') ?? 1) + count)]]
  return token
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

export const isTable = (tokens: readonly Token[]): boolean => tokens[0]?.type === 'table_open'
