import type { Env, Token } from 'markdown-it'
import { linkAddress } from '../address.ts'
import { h } from '../dom.ts'
import { codeBlock, type HowCodeShows } from './code.ts'
import { formula } from './formula.ts'
import { inlineOf, isCode, type Block } from './parse.ts'

/** Elements that a model may make. Text becomes text nodes: none of it is ever read as HTML. */
const elements: Record<string, keyof HTMLElementTagNameMap> = {
  paragraph_open: 'p',
  blockquote_open: 'blockquote',
  bullet_list_open: 'ul',
  ordered_list_open: 'ol',
  list_item_open: 'li',
  table_open: 'table',
  thead_open: 'thead',
  tbody_open: 'tbody',
  tr_open: 'tr',
  th_open: 'th',
  td_open: 'td',
  em_open: 'em',
  strong_open: 'strong',
  s_open: 's',
}

/** Where cells stand, also in a table that is read from the right. */
const sides: Record<string, string> = { left: 'start', center: 'center', right: 'end' }

/** A block as DOM. */
export function render({ raw, tokens }: Block, env: Env, how: HowCodeShows): Node {
  if (!tokens) return h('p', { class: 'unparsed' }, raw.replace(/\n+$/, ''))
  if (isCode(tokens)) return codeBlock(tokens[0]!, how)
  const fragment = document.createDocumentFragment()
  new Builder(fragment, how).add(tokens, env)
  return fragment
}

/** Goes through tokens without recursion, so that no nesting is too deep for it. */
class Builder {
  readonly #open: Node[]
  readonly #how: HowCodeShows

  constructor(root: Node, how: HowCodeShows) {
    this.#open = [root]
    this.#how = how
  }

  add(tokens: readonly Token[], env: Env): void {
    for (const token of tokens) {
      if (token.type === 'inline') this.#addInline(inlineOf(token.content, env))
      else if (token.nesting < 0) this.#close(token)
      else if (token.nesting > 0) this.#push(token)
      else this.#append(leaf(token, this.#how))
    }
  }

  #addInline(tokens: readonly Token[]): void {
    let links = 0
    for (const [index, token] of tokens.entries()) {
      if (token.type.startsWith('link_')) links += token.nesting
      if (token.nesting < 0) this.#close(token)
      else if (token.nesting > 0) this.#push(token)
      else if (token.type === 'text' && links === 0)
        this.#append(...linked(index === 0 ? this.#boxed(token.content) : token.content))
      else this.#append(leaf(token, this.#how))
    }
  }

  /** `[x]` at the beginning of a list item. */
  #boxed(text: string): string {
    const [, parent, grandparent] = this.#open.toReversed()
    const item = [this.#open.at(-1), parent, grandparent].some((node) => node?.nodeName === 'LI')
    const box = item ? /^\[([ xX])\](?=\s)/.exec(text) : null
    return box ? `${box[1] === ' ' ? '☐' : '☑'}${text.slice(3)}` : text
  }

  #append(...nodes: (Node | string)[]): void {
    for (const node of nodes) this.#open.at(-1)!.appendChild(typeof node === 'string' ? new Text(node) : node)
  }

  #push(token: Token): void {
    if (token.hidden) return
    const element = elementOf(token)
    const outer = token.type === 'table_open' ? frame(element) : element
    this.#append(outer)
    this.#open.push(element)
  }

  #close(token: Token): void {
    if (!token.hidden) this.#open.pop()
  }
}

function elementOf(token: Token): HTMLElement {
  if (token.type === 'heading_open') return h(token.tag as 'h1')
  if (token.type === 'link_open') return link(String(token.attrGet('href') ?? ''), token.attrGet('title'))
  const element = h(elements[token.type] ?? 'span')
  const start = token.attrGet('start')
  if (start !== null) element.setAttribute('start', String(start))
  const align = /^text-align:(left|center|right)$/.exec(String(token.attrGet('style') ?? ''))?.[1]
  if (align) element.style.textAlign = sides[align]!
  return element
}

function leaf(token: Token, how: HowCodeShows): Node | string {
  switch (token.type) {
    case 'softbreak':
      return '\n'
    case 'hardbreak':
      return h('br')
    case 'hr':
      return h('hr')
    case 'code_inline':
      return h('code', {}, token.content)
    case 'fence':
    case 'code_block':
      return codeBlock(token, how)
    case 'math':
      return formula(token)
    case 'image': {
      // Loading it would tell its server who reads.
      const address = String(token.attrGet('src') ?? '')
      const element = link(address)
      element.textContent = token.content || (linkAddress(address) ?? '')
      return element
    }
    default:
      return token.content
  }
}

/** A link that leads to the web opens elsewhere; what leads anywhere else is text. */
function link(address: string, title?: string | number | null): HTMLElement {
  const href = linkAddress(address)
  if (!href) return h('span')
  return h('a', {
    href,
    title: title === null || title === undefined ? undefined : String(title),
    target: '_blank',
    rel: 'noopener noreferrer nofollow ugc',
  })
}

/** Addresses that stand in a text by themselves. */
function linked(text: string): (Node | string)[] {
  const nodes: (Node | string)[] = []
  let from = 0
  for (const { 0: found, index } of text.matchAll(/\bhttps?:\/\/[^\s<>"'`\uE0F0\uE0F1]+/g)) {
    const address = found.replace(/[.,:;!?)\]}*_]+$/, '')
    const element = link(address)
    element.textContent = address
    nodes.push(text.slice(from, index), element)
    from = index + address.length
  }
  return [...nodes, text.slice(from)].filter((node) => node !== '')
}

/** A wide table scrolls by itself. */
function frame(table: HTMLElement): HTMLElement {
  return h('div', { class: 'table', tabindex: 0, role: 'group', 'aria-label': 'Table' }, table)
}
