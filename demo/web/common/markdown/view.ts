import type { Token } from 'marked'
import { decorate } from './code.ts'
import { placeMarks, withSentinels, type Marks } from './marks.ts'
import { parse, render } from './parse.ts'

interface Block {
  raw: string
  element: HTMLElement
}

/**
 * A Markdown text that grows, in an element of its own. Blocks that are settled are neither parsed nor rendered
 * again: a frame costs as much as the last paragraph, not as the whole answer.
 */
export class MarkdownView {
  readonly #container: HTMLElement
  #blocks: Block[] = []
  #shown = ''

  constructor(container: HTMLElement) {
    this.#container = container
    container.addEventListener('click', onCopy)
  }

  /** `final`: nothing follows; links that are defined further down are resolved now. */
  update(text: string, marks: Marks, final: boolean): void {
    const source = withSentinels(text, marks)
    if (source === this.#shown && !final) return
    // The last two blocks may still change: a paragraph becomes a heading or a table by what follows it.
    let settled = final ? 0 : Math.max(0, this.#blocks.length - 2)
    let prefix = this.#blocks.slice(0, settled).reduce((length, { raw }) => length + raw.length, 0)
    if (!source.startsWith(this.#shown.slice(0, prefix))) settled = prefix = 0
    this.#show(settled, parse(source.slice(prefix)), marks)
    this.#shown = source
  }

  dispose(): void {
    this.#container.removeEventListener('click', onCopy)
    this.#container.replaceChildren()
    this.#blocks = []
    this.#shown = ''
  }

  #show(from: number, tokens: readonly Token[], marks: Marks): void {
    for (const [index, token] of tokens.entries()) {
      const at = from + index
      const block = this.#blocks[at]
      if (block?.raw === token.raw) continue
      const content = render(token)
      placeMarks(content, marks)
      decorate(content, token)
      const element = block?.element ?? document.createElement('div')
      element.replaceChildren(content)
      if (!block) this.#container.append(element)
      this.#blocks[at] = { raw: token.raw, element }
    }
    for (const { element } of this.#blocks.splice(from + tokens.length)) element.remove()
  }
}

/** One listener for all code blocks of an answer. */
function onCopy({ target }: Event): void {
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
