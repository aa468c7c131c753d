import type { Token } from 'marked'

/** What Markdown has no words for: a head with a copy button on code, and tables that scroll on a phone. */
export function decorate(fragment: DocumentFragment, token: Token): void {
  for (const pre of fragment.querySelectorAll('pre')) {
    const figure = document.createElement('figure')
    figure.className = 'code'
    const head = document.createElement('figcaption')
    const language = document.createElement('span')
    language.textContent = token.type === 'code' ? (token.lang ?? '').split(/\s/)[0] || 'text' : 'text'
    const copy = document.createElement('button')
    copy.type = 'button'
    copy.className = 'copy'
    copy.textContent = 'Copy'
    head.append(language, copy)
    pre.replaceWith(figure)
    pre.tabIndex = 0
    // A group, not a region: of landmarks, there would be one for every block.
    pre.setAttribute('aria-label', 'Code')
    pre.setAttribute('role', 'group')
    figure.append(head, pre)
  }
  for (const table of fragment.querySelectorAll('table')) {
    const frame = document.createElement('div')
    frame.className = 'table'
    frame.tabIndex = 0
    frame.setAttribute('role', 'group')
    frame.setAttribute('aria-label', 'Table')
    table.replaceWith(frame)
    frame.append(table)
  }
}
