import type { Env, Token } from 'markdown-it'
import { cutTexts } from '../chunks.ts'
import { patch } from '../patch.ts'
import { blocksOf, isTable, type Block } from './parse.ts'
import { render } from './render.ts'

/** A table that grows in an element: its rows come when they are whole, and only those that came are made. */
export class GrowingTable {
  readonly #element: HTMLElement
  /** What it shows. */
  #source = ''
  #rows = 0

  constructor(element: HTMLElement) {
    this.#element = element
  }

  /** Shows the rows of a block; false if they are no table. */
  update(block: Block, env: Env, growing: boolean): boolean {
    const source = growing ? wholeRows(block.raw) : block.raw
    if (source === this.#source) return true
    const { raw, tokens } = source === block.raw ? block : blocksOf(source, { ...env })[0]!
    if (!tokens || !isTable(tokens) || raw !== source) return false
    const rows = rowsOf(tokens)
    const added = rows.slice(this.#rows)
    const body = this.#element.querySelector('tbody')
    if (body && this.#rows > 0 && source.startsWith(this.#source))
      body.append(shown(added.flat(), env, growing))
    else patch(this.#element, shown(tokens, env, growing))
    this.#source = source
    this.#rows = rows.length
    return true
  }
}

/** Each word in a table may move all others: a row comes when it is whole. */
export const wholeRows = (raw: string): string => raw.slice(0, raw.lastIndexOf('\n') + 1)

/** Whether the source ends in a row that is not whole yet. It shows when it is. */
export function isRow(source: string): boolean {
  const end = wholeRows(source)
  return source.slice(end.length).startsWith('|') && !/\n\s*\n$/.test(end)
}

/** The rows of a table's body, each with its children. */
function rowsOf(tokens: readonly Token[]): Token[][] {
  const rows: Token[][] = []
  let isBody = false
  for (const token of tokens) {
    if (token.type.startsWith('tbody_')) isBody = token.nesting > 0
    else if (isBody && token.type === 'tr_open') rows.push([token])
    else if (isBody) rows.at(-1)?.push(token)
  }
  return rows
}

function shown(tokens: readonly Token[], env: Env, growing: boolean): Node {
  const content = document.createDocumentFragment()
  content.append(render({ raw: '', tokens }, env, { growing }))
  cutTexts(content)
  return content
}
