import type { Env, Token } from 'markdown-it'
import { cutTexts } from '../chunks.ts'
import { patch } from '../patch.ts'
import { rest, wake } from '../resting.ts'
import type { Marks, TextView } from '../textView.ts'
import { growCode, onCopy } from './code.ts'
import { CodeView } from './codeView.ts'
import { onFormulas } from './formula.ts'
import { hasMark, openAfter, placeMarks, withSentinels } from './marks.ts'
import { blocksOf, isCode, isTable, type Block } from './parse.ts'
import { render } from './render.ts'
import { GrowingTable, isRow, wholeRows } from './table.ts'
import { completed } from './tail.ts'

interface Shown {
  raw: string
  /** The source it was rendered from; a change renders it again. */
  key: string
  element: HTMLElement
  follows: boolean
  /** While it is code, or a table, that grows. */
  grown?: CodeView | GrowingTable
}

/** A last block of this length is rendered again only when it has grown by a 32nd, so that the work stays linear. */
const long = 16_000

/**
 * A Markdown text that grows, in an element of its own. Blocks that are settled are neither parsed nor rendered
 * again: a frame costs as much as the last paragraph, not as the whole answer.
 */
export class MarkdownView implements TextView {
  readonly #container: HTMLElement
  readonly #stop: () => void
  #blocks: Shown[] = []
  #source = ''
  #about = ''
  /** How many blocks, from the first, may be skipped while they are out of view. */
  #resting = 0
  #env: Env = {}
  #again = () => {}

  constructor(container: HTMLElement) {
    this.#container = container
    container.addEventListener('click', onCopy)
    this.#stop = onFormulas(() => this.#showAgain('.formula'))
  }

  update(text: string, marks: Marks, final: boolean): void {
    this.#again = () => this.#update(text, marks, final)
    this.#again()
  }

  dispose(): void {
    this.#stop()
    this.#container.removeEventListener('click', onCopy)
    this.#container.replaceChildren()
    wake(this.#container)
    this.#blocks = []
    this.#resting = 0
    this.#source = ''
    this.#again = () => {}
  }

  /** Blocks that have one of these. */
  #showAgain(selector: string): void {
    for (const block of this.#blocks) if (block.element.querySelector(selector)) block.key = ''
    this.#about = ''
    this.#again()
  }

  #update(text: string, marks: Marks, final: boolean): void {
    const source = withSentinels(text, marks)
    const about = JSON.stringify([marks.gaps, marks.sources.length, final])
    if (source === this.#source && about === this.#about) return
    const [settled, prefix] = this.#settled(source, final)
    if (!final && this.#waits(source, prefix)) return
    if (settled === 0) this.#env = {}
    const blocks = blocksOf(source.slice(prefix), this.#env)
    this.#source = source
    this.#about = about
    this.#show(settled, blocks, marks, final)
  }

  /** How many blocks stay as they are, and how long they are together. */
  #settled(source: string, final: boolean): [count: number, length: number] {
    // Links that are defined further down are resolved at the end.
    if (final && this.#env.references) return [0, 0]
    // The last two blocks may still change: a paragraph becomes a heading or a table by what follows it.
    const stale = this.#blocks.findIndex(({ key }) => key === '')
    let count = Math.max(0, Math.min(this.#blocks.length - 2, stale < 0 ? Infinity : stale))
    // A list in parts is parsed as one.
    while (this.#blocks[count]?.follows) count--
    const length = this.#blocks.slice(0, count).reduce((sum, { raw }) => sum + raw.length, 0)
    return source.startsWith(this.#source.slice(0, length)) ? [count, length] : [0, 0]
  }

  #waits(source: string, prefix: number): boolean {
    const added = source.slice(this.#source.length)
    if (this.#blocks.at(-1)?.grown instanceof GrowingTable && source.startsWith(this.#source))
      if (!added.includes('\n') && !hasMark(added) && isRow(source)) return true
    const open = this.#source.length - prefix
    const grown = source.length - this.#source.length
    return open > long && grown >= 0 && grown < open / 32 && !hasMark(source.slice(-grown))
  }

  #show(from: number, blocks: readonly Block[], marks: Marks, final: boolean): void {
    const resolved = final && this.#env.references !== undefined
    let within: ReadonlySet<number> = new Set()
    for (const { raw } of this.#blocks.slice(0, from)) within = openAfter(raw, within)
    for (const [index, block] of blocks.entries()) {
      const at = from + index
      const growing = !final && index === blocks.length - 1
      const about = hasMark(block.raw) ? this.#about : ''
      const key = JSON.stringify([block.raw, growing, resolved, [...within], about])
      const shown = this.#blocks[at]
      if (shown?.key !== key) {
        const element = shown?.element ?? this.#append()
        const { raw, follows = false } = block
        if (at < this.#resting) wake(element)
        element.toggleAttribute('data-follows', follows)
        const isPlain = within.size === 0 && !resolved && !hasMark(raw)
        const grown = isPlain ? grow(block, element, this.#env, growing, shown?.grown) : undefined
        this.#blocks[at] = { raw, key, element, follows, ...(grown && { grown }) }
        if (!grown)
          patch(element, this.#render(growing ? whole(block, this.#env) : [block], marks, within, growing))
      }
      within = openAfter(block.raw, within)
    }
    for (const { element } of this.#blocks.splice(from + blocks.length)) element.remove()
    this.#rest(final)
  }

  /** The last blocks may still change. An answer that has grown here is skipped as one. */
  #rest(final: boolean): void {
    const count = this.#blocks.length - 2
    if (final) {
      if (this.#resting > 0) rest(this.#container)
    } else for (; this.#resting < count; this.#resting++) rest(this.#blocks[this.#resting]!.element)
  }

  #append(): HTMLElement {
    const element = document.createElement('div')
    element.dir = 'auto'
    this.#container.append(element)
    return element
  }

  #render(blocks: readonly Block[], marks: Marks, within: ReadonlySet<number>, growing: boolean): Node {
    const content = document.createDocumentFragment()
    for (const block of blocks) {
      const uncertain = within.size > 0 || (marks.gaps.length > 0 && hasMark(block.raw))
      content.append(render(block, this.#env, { growing, uncertain }))
    }
    placeMarks(content, marks, within)
    cutTexts(content)
    return content
  }
}

/** Shows code that grows, or a table that grows or has grown: what came is added. Nothing, if it is something else. */
function grow(
  { raw, tokens, follows }: Block,
  element: HTMLElement,
  env: Env,
  growing: boolean,
  known?: Shown['grown'],
): Shown['grown'] {
  if (!tokens || follows) return undefined
  if (isCode(tokens) && growing)
    return growCode(element, tokens[0]!, known instanceof CodeView ? known : undefined)
  if (!isTable(tokens) || !(growing || known instanceof GrowingTable)) return undefined
  const table = known instanceof GrowingTable ? known : new GrowingTable(element)
  return table.update({ raw, tokens }, env, growing) ? table : undefined
}

/** The last block as it will be when what it has opened is closed. */
function whole(block: Block, env: Env): readonly Block[] {
  const { raw, tokens } = block
  if (!tokens || isCode(tokens)) return [block]
  const source = isTable(tokens) ? wholeRows(raw) : completed(raw)
  if (source === raw) return [block]
  const blocks = blocksOf(source, { ...env })
  if (block.follows) goOnWith(tokens, blocks)
  return blocks
}

/** Makes a part of a list, parsed by itself, alike to the rest: its first number, and whether its items stand apart. */
function goOnWith(list: readonly Token[], [part]: readonly Block[]): void {
  const paragraphs = (tokens: readonly Token[] = []) =>
    tokens.filter(({ type, level }) => level === 2 && type.startsWith('paragraph_'))
  const [open] = part?.tokens ?? []
  if (open?.type === list[0]!.type) open.attrs = list[0]!.attrs
  if (paragraphs(list).some(({ hidden }) => !hidden))
    for (const token of paragraphs(part?.tokens)) token.hidden = false
}
