import { hostOf, safeAddress } from '../address.ts'
import { h } from '../dom.ts'
import type { Source } from '../items.ts'

/** What an answer cites, by the numbers in its text. */
export class SourceList {
  readonly element = h('details', { class: 'sources', hidden: true })
  #shown = ''

  update(sources: readonly Source[]): void {
    const shown = JSON.stringify(sources)
    if (shown === this.#shown) return
    this.#shown = shown
    this.element.hidden = sources.length === 0
    const title = sources.length === 1 ? '1 source' : `${sources.length} sources`
    this.element.replaceChildren(h('summary', {}, title), h('ol', {}, ...sources.map(entry)))
  }
}

const entry = ({ number, url, title }: Source) =>
  h(
    'li',
    { 'data-source': number },
    h('span', { class: 'cite' }, String(number)),
    url === undefined
      ? h('span', { dir: 'auto' }, title)
      : h(
          'a',
          { href: safeAddress(url), target: '_blank', rel: 'noopener noreferrer nofollow', dir: 'auto' },
          title,
        ),
    url !== undefined && h('small', {}, hostOf(url)),
  )
