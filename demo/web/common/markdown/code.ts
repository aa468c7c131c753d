import type { Token } from 'markdown-it'
import { copyText } from '../copy.ts'
import { h } from '../dom.ts'
import { patch } from '../patch.ts'
import { rest } from '../resting.ts'
import { budget } from './budget.ts'
import { highlight } from './highlight.ts'
import { inGroups, linesIn } from './lines.ts'

type Fence = Pick<Token, 'info' | 'content'>

const languageOf = ({ info }: Fence): string => info.trim().split(/\s/)[0] || 'text'

/** Code of a text: with its language, and a button that copies it. `growing`: more of it may come. */
export function codeBlock(fence: Fence, growing: boolean): HTMLElement {
  const language = languageOf(fence)
  const { nodes, rest: plain } = highlight(fence.content, language, growing)
  return h(
    'figure',
    { class: 'code' },
    h('figcaption', {}, h('span', {}, language), h('button', { type: 'button', class: 'copy' }, 'Copy')),
    // A group, not a region: of landmarks, there would be one for every block.
    h(
      'pre',
      { tabindex: 0, role: 'group', 'aria-label': 'Code', dir: 'ltr' },
      h('code', {}, ...inGroups([...nodes(), plain])),
    ),
  )
}

/** A code block that grows in an element: between two colourings, only what came is added. */
export class GrowingCode {
  readonly #element: HTMLElement
  #language = ''
  #code = ''
  #tree: unknown
  /** How many groups of lines, from the first, may be skipped while they are out of view. */
  #groups = 0
  /** Where the code ends. */
  #end: Text | undefined

  constructor(element: HTMLElement) {
    this.#element = element
  }

  update(fence: Fence): void {
    const { content } = fence
    const language = languageOf(fence)
    const { tree } = highlight(content, language, true)
    const isSame = language === this.#language && tree === this.#tree && content.startsWith(this.#code)
    if (isSame && this.#end && linesIn(this.#end.data) < budget.lines)
      this.#end.appendData(content.slice(this.#code.length))
    else {
      patch(this.#element, fragment(codeBlock(fence, true)))
      const groups = [...this.#element.querySelectorAll('.lines')]
      for (const group of groups.slice(this.#groups, -1)) rest(group)
      this.#groups = Math.max(this.#groups, groups.length - 1)
      this.#end = lastText(this.#element.querySelector('code')!)
    }
    this.#language = language
    this.#tree = tree
    this.#code = content
  }
}

function fragment(node: Node): Node {
  const content = document.createDocumentFragment()
  content.append(node)
  return content
}

/** What came since the last colouring stands at the end, and outside of all colours. */
function lastText(code: Element): Text | undefined {
  const last = code.lastChild
  const end = last instanceof Element && last.matches('.lines') ? last.lastChild : last
  return end instanceof Text ? end : undefined
}

/** One listener for all code blocks inside of an element. */
export function onCopy({ target }: Event): void {
  const button = (target as Element).closest<HTMLButtonElement>('button.copy')
  const code = button?.closest('.code')?.querySelector('code')
  if (!button || !code) return
  copyText(code.textContent ?? '', button.firstChild as Text)
}
