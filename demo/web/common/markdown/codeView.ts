import { h } from '../dom.ts'
import { leaveTurns, paintInTurn } from '../paintTurns.ts'
import { patch } from '../patch.ts'
import { rest } from '../resting.ts'
import { showsItself, type SelfShown } from '../selfShown.ts'
import { budget } from './budget.ts'
import type { Piece } from './colourGroups.ts'
import { colours } from './colours.ts'
import { splitLines } from './lines.ts'

/** Lines that are laid out and coloured by themselves. */
interface Group {
  element: HTMLElement
  text: string
  /** The colours that it shows, as the worker gave them. */
  colours: string
}

/** Code in an element of its own: the text at once, its colours when they are there, a group of lines with each frame. */
export class CodeView implements SelfShown {
  readonly element = h('code')
  readonly language: string
  readonly #groups: Group[] = []
  #code = ''
  #growing = true
  /** The code whose colours were asked for last. `#colours` are its colours once they have come. */
  #asked = ''
  #colours: readonly string[] = []
  #isAsking = false
  /** Another view shows what this one was given. */
  #isOver = false

  constructor(language: string, code: string, growing: boolean) {
    this.language = language
    this.update(code, growing)
    showsItself(this.element, this)
    // Most views only tell another one what has changed.
    queueMicrotask(() => this.#ask())
  }

  /** `growing`: more may come. */
  update(code: string, growing: boolean): void {
    this.element.toggleAttribute('data-growing', growing)
    this.#growing = growing
    if (code !== this.#code) this.#set(code)
    if (this.element.isConnected) this.#ask()
  }

  takeOver(other: SelfShown): boolean {
    if (!(other instanceof CodeView && other.language === this.language)) return false
    this.update(other.#code, other.#growing)
    other.#isOver = true
    return true
  }

  #set(code: string): void {
    // What it had, but for the last group, stays as it is.
    const known = code.startsWith(this.#code) ? Math.max(0, this.#groups.length - 1) : 0
    const from = known === 0 ? 0 : this.#code.length - this.#groups[known]!.text.length
    const parts = splitLines(code.slice(from))
    for (const [at, { text }] of parts.entries()) this.#setGroup(known + at, text)
    for (const { element } of this.#groups.splice(known + parts.length)) element.remove()
    this.#code = code
  }

  #setGroup(at: number, text: string): void {
    const group = this.#groups[at]
    if (!group) {
      const element = h('span', { class: 'lines' }, text)
      this.#groups.push({ element, text, colours: '' })
      this.element.append(element)
      // Groups before the last one are full.
      if (at > 0) rest(this.#groups[at - 1]!.element)
    } else if (text.startsWith(group.text)) {
      const end = group.element.lastChild
      const added = text.slice(group.text.length)
      if (end instanceof Text) end.appendData(added)
      else group.element.append(added)
      group.text = text
    } else {
      group.element.textContent = text
      Object.assign(group, { text, colours: '' })
    }
  }

  /** While code grows, its colours are asked for when an eighth has come: work stays linear in its length. */
  #isEnough(code: string): boolean {
    const { length } = this.#asked
    return length > 0 && code.startsWith(this.#asked) && code.length - length < Math.max(160, code.length / 8)
  }

  #ask(): void {
    const { language } = this
    const code = this.#code
    if (this.#isAsking || this.#isOver || language === 'text') return
    if (code === this.#asked || code.length > budget.code) return
    if (this.#growing && this.#isEnough(code)) return
    this.#asked = code
    const known = colours.known(language, code)
    if (known) return this.#show(known)
    this.#isAsking = true
    void colours.of(language, code).then((groups) => {
      this.#isAsking = false
      if (groups) this.#show(groups)
      this.#ask()
    })
  }

  #show(groups: readonly string[]): void {
    this.#colours = groups
    leaveTurns(this.#paint)
    paintInTurn(this.#paint)
  }

  /** The next group that shows old colours; -1: none. */
  #next(): number {
    return this.#colours.findIndex((one, at) => this.#groups[at] && one !== this.#groups[at].colours)
  }

  readonly #paint = (): void => {
    const at = this.#next()
    if (at < 0 || !this.element.isConnected) return
    const group = this.#groups[at]!
    group.colours = this.#colours[at]!
    const pieces = JSON.parse(group.colours) as Piece[]
    const text = textOf(pieces)
    // What came since the colours were asked for has none.
    if (group.text.startsWith(text)) patch(group.element, nodesOf([...pieces, group.text.slice(text.length)]))
    if (this.#next() >= 0) paintInTurn(this.#paint)
  }
}

const textOf = (pieces: readonly Piece[]): string =>
  pieces.map((piece) => (typeof piece === 'string' ? piece : textOf(piece.slice(1)))).join('')

function nodesOf(pieces: readonly Piece[]): DocumentFragment {
  const nodes = document.createDocumentFragment()
  for (const piece of pieces)
    if (typeof piece !== 'string') {
      const [name, ...inside] = piece
      const element = h('span', { class: name })
      element.append(nodesOf(inside))
      nodes.append(element)
    } else if (piece !== '') nodes.append(piece)
  return nodes
}
