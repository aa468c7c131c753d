import type { Gap } from '@rejoin/core'
import { safeAddress } from '../address.ts'
import { h } from '../dom.ts'
import { gapMark } from '../gaps.ts'
import { placeOf } from './place.ts'

/**
 * Marks for gaps and citations travel through the Markdown parser as sentinels of private-use characters, and
 * become elements where they come out: in a sentence, a table cell or a line of code alike. `g` is a gap, at the
 * start of the range where it may be; `e` is the end of that range; `c` is a citation.
 */
const open = '\uE0F0'
const close = '\uE0F1'
const sentinel = /\uE0F0([gec])(\d+)\uE0F1/
/** In an address they would have been encoded. */
const inAddress = /(?:\uE0F0|%EE%83%B0)[gec]\d+(?:\uE0F1|%EE%83%B1)/gi

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

export const hasMark = (text: string): boolean => text.includes(open)

export function withSentinels(text: string, { gaps, citations }: Marks): string {
  // Should the model write these characters itself, they mean nothing.
  const clean = text.replace(/[\uE0F0\uE0F1\0]/g, '\uFFFD')
  const places = [
    ...gaps.map(({ from }, index) => ({ at: placeOf(clean, from), mark: `${open}g${index}${close}` })),
    ...gaps.map(({ to }, index) => ({ at: placeOf(clean, to), mark: `${open}e${index}${close}` })),
    ...citations.map(({ at, number }) => ({ at: placeOf(clean, at), mark: `${open}c${number}${close}` })),
  ].sort((a, b) => a.at - b.at)
  let result = ''
  let from = 0
  for (const { at, mark } of places) {
    result += clean.slice(from, at) + mark
    from = Math.max(from, at)
  }
  return (result + clean.slice(from)).replaceAll('\r\n', '\n')
}

/** Gaps whose range has begun and not ended by the end of a source, of those that had at its beginning. */
export function openAfter(source: string, before: ReadonlySet<string>): ReadonlySet<string> {
  if (!hasMark(source)) return before
  const now = new Set(before)
  for (const [, kind, number] of source.matchAll(new RegExp(sentinel, 'g')))
    if (kind === 'g') now.add(number!)
    else if (kind === 'e') now.delete(number!)
  return now
}

/** Puts elements where sentinels came out. `within`: gaps whose range has begun before. */
export function placeMarks(root: Node, marks: Marks, within: ReadonlySet<string>): void {
  for (const link of (root as ParentNode).querySelectorAll('a[href]')) {
    const href = link.getAttribute('href')!
    link.setAttribute('href', href.replace(inAddress, ''))
  }
  const inside = new Set(within)
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  const texts: Text[] = []
  while (walker.nextNode()) texts.push(walker.currentNode as Text)
  for (let text of texts) {
    for (let found = sentinel.exec(text.data); found; found = sentinel.exec(text.data)) {
      const [all, kind, number] = found as unknown as [string, string, string]
      const mark = text.splitText(found.index)
      uncertain(text, inside)
      text = mark.splitText(all.length)
      if (kind === 'g') inside.add(number)
      else if (kind === 'e') inside.delete(number)
      if (kind === 'e') mark.remove()
      else if (kind === 'c') mark.replaceWith(citationMark(Number(number), marks))
      else if (marks.gaps[Number(number)]) mark.replaceWith(gapMark(marks.gaps[Number(number)]!))
    }
    uncertain(text, inside)
  }
}

/** Text in which a gap may be anywhere. */
function uncertain(text: Text, inside: ReadonlySet<string>): void {
  if (inside.size === 0 || text.data.trim() === '') return
  const element = h('span', { class: 'uncertain' })
  text.replaceWith(element)
  element.append(text)
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
