import type { Token } from 'markdown-it'
import { h } from '../dom.ts'
import { highlight } from './highlight.ts'

/** Code of a text: with its language, and a button that copies it. `growing`: more of it may come. */
export function codeBlock({ info, content }: Pick<Token, 'info' | 'content'>, growing: boolean): HTMLElement {
  const language = info.trim().split(/\s/)[0] || 'text'
  return h(
    'figure',
    { class: 'code' },
    h('figcaption', {}, h('span', {}, language), h('button', { type: 'button', class: 'copy' }, 'Copy')),
    // A group, not a region: of landmarks, there would be one for every block.
    h(
      'pre',
      { tabindex: 0, role: 'group', 'aria-label': 'Code', dir: 'ltr' },
      h('code', {}, ...highlight(content, language, growing)),
    ),
  )
}

/** One listener for all code blocks inside of an element. */
export function onCopy({ target }: Event): void {
  const button = (target as Element).closest<HTMLButtonElement>('button.copy')
  const code = button?.closest('.code')?.querySelector('code')
  if (!button || !code) return
  navigator.clipboard.writeText(code.textContent ?? '').then(
    () => {
      button.textContent = 'Copied'
      setTimeout(() => (button.textContent = 'Copy'), 1500)
    },
    () => (button.textContent = 'Not allowed'),
  )
}
