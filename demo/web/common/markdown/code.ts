import type { Token } from 'markdown-it'
import { copyText } from '../copy.ts'
import { h } from '../dom.ts'
import { patch } from '../patch.ts'
import { selfShown } from '../selfShown.ts'
import { CodeView } from './codeView.ts'
import { splitLines } from './lines.ts'
import { hasMark } from './marks.ts'

type Fence = Pick<Token, 'info' | 'content'>

export interface HowCodeShows {
  /** More of it may come. */
  growing: boolean
  /** It may contain a gap: it stays in one piece with its marks, without colours. */
  uncertain?: boolean
}

const languageOf = ({ info }: Fence): string => info.trim().split(/\s/)[0] || 'text'

/** Code of a text: with its language, and a button that copies it. */
export function codeBlock(fence: Fence, { growing, uncertain = false }: HowCodeShows): HTMLElement {
  const language = languageOf(fence)
  const { content } = fence
  const isMarked = uncertain || hasMark(content)
  return h(
    'figure',
    { class: 'code' },
    h('figcaption', {}, h('span', {}, language), h('button', { type: 'button', class: 'copy' }, 'Copy')),
    // A group, not a region: of landmarks, there would be one for every block.
    h(
      'pre',
      { tabindex: 0, role: 'group', 'aria-label': 'Code', dir: 'ltr' },
      isMarked ? markedCode(content) : new CodeView(language, content, growing).element,
    ),
  )
}

const markedCode = (content: string): HTMLElement =>
  h('code', {}, ...splitLines(content).map(({ text }) => h('span', { class: 'lines' }, text)))

/** Shows code that grows in an element. `known`: what this returned for the code before. */
export function growCode(element: HTMLElement, fence: Fence, known?: CodeView): CodeView | undefined {
  if (known?.language === languageOf(fence)) known.update(fence.content, true)
  else {
    const content = document.createDocumentFragment()
    content.append(codeBlock(fence, { growing: true }))
    patch(element, content)
  }
  const shown = selfShown(element.querySelector('pre > code')!)
  return shown instanceof CodeView ? shown : undefined
}

/** One listener for all code blocks inside of an element. */
export function onCopy({ target }: Event): void {
  const button = (target as Element).closest<HTMLButtonElement>('button.copy')
  const code = button?.closest('.code')?.querySelector('code')
  if (!button || !code) return
  copyText(code.textContent ?? '', button.firstChild as Text)
}
