import { hasMarks, splitMarks, withMarks, withoutMarks } from '@rejoin/core'
import type { Gap } from '@rejoin/core'
import { safeAddress } from '../address.ts'
import { h } from '../dom.ts'
import { gapMark } from '../gaps.ts'

export interface Citation {
  /** After how many characters of the text. */
  at: number
  number: number
}

export interface Marks {
  gaps: readonly Gap[]
  citations: readonly Citation[]
  sources: readonly { number: number; url?: string; title: string }[]
}

export { hasMarks as hasMark }

export const withSentinels = (text: string, { gaps, citations }: Marks): string =>
  withMarks(text, { gaps, citations }).replaceAll('\r\n', '\n')

/** The gaps that are open at the end of a source. `before`: those that are open at its beginning. */
export function openAfter(source: string, before: ReadonlySet<number>): ReadonlySet<number> {
  if (!hasMarks(source)) return before
  const now = new Set(before)
  for (const piece of splitMarks(source)) follow(piece, now)
  return now
}

function follow(piece: ReturnType<typeof splitMarks>[number], inside: Set<number>): void {
  if (typeof piece === 'string') return
  if (piece.type === 'gap') inside.add(piece.index)
  else if (piece.type === 'gap-end') inside.delete(piece.index)
}

/** Puts elements in the places of marks. `within`: the gaps that are open at the beginning. */
export function placeMarks(root: Node, marks: Marks, within: ReadonlySet<number>): void {
  for (const link of (root as ParentNode).querySelectorAll('a[href]'))
    link.setAttribute('href', withoutMarks(link.getAttribute('href')!))
  const inside = new Set(within)
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  const texts: Text[] = []
  while (walker.nextNode()) texts.push(walker.currentNode as Text)
  for (const text of texts) {
    if (inside.size === 0 && !hasMarks(text.data)) continue
    const nodes: Node[] = []
    for (const piece of splitMarks(text.data)) {
      follow(piece, inside)
      if (typeof piece === 'string') nodes.push(inside.size > 0 ? uncertain(piece) : new Text(piece))
      else if (piece.type === 'citation') nodes.push(citationMark(piece.number, marks))
      else if (piece.type === 'gap' && marks.gaps[piece.index]) nodes.push(gapMark(marks.gaps[piece.index]!))
    }
    text.replaceWith(...nodes)
  }
}

/** Text in which a gap may be anywhere. */
function uncertain(text: string): Node {
  return text.trim() === '' ? new Text(text) : h('span', { class: 'uncertain' }, text)
}

function citationMark(number: number, { sources }: Marks): HTMLElement {
  const source = sources.find((one) => one.number === number)
  const address = source?.url === undefined ? undefined : safeAddress(source.url)
  if (!source || !address) return h('span', { class: 'cite', 'data-cite': number }, String(number))
  return h(
    'a',
    {
      class: 'cite',
      'data-cite': number,
      'aria-label': `Source ${number}: ${source.title}`,
      title: source.title,
      href: address,
      target: '_blank',
      rel: 'noopener noreferrer nofollow',
    },
    String(number),
  )
}
