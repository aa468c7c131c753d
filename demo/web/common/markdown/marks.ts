import type { Gap } from '@rejoin/core'
import { hostOf, safeAddress } from '../address.ts'
import { describeGap } from '../gaps.ts'

/**
 * Marks for holes and citations travel through the Markdown parser as sentinels of private-use characters, and
 * become elements where they come out: in a sentence, a table cell or a line of code alike.
 */
const open = '\uE0F0'
const close = '\uE0F1'
const sentinel = /\uE0F0([gc])(\d+)\uE0F1/
/** In an address they would have been encoded. */
const inAddress = /(?:\uE0F0|%EE%83%B0)[gc]\d+(?:\uE0F1|%EE%83%B1)/gi

export interface Citation {
  /** After how many characters of the text. */
  at: number
  number: number
}

export interface Marks {
  gaps: readonly Gap[]
  citations: readonly Citation[]
  sources: readonly { number: number; url: string; title?: string }[]
}

export function withSentinels(text: string, { gaps, citations }: Marks): string {
  // Should the model write these characters itself, they mean nothing.
  const clean = text.replace(/[\uE0F0\uE0F1]/g, '\uFFFD')
  const places = [
    ...gaps.map((gap, index) => ({ at: gap.to, mark: `${open}g${index}${close}` })),
    ...citations.map(({ at, number }) => ({ at, mark: `${open}c${number}${close}` })),
  ].sort((a, b) => a.at - b.at)
  if (places.length === 0) return clean
  let result = ''
  let from = 0
  for (const { at, mark } of places) {
    result += clean.slice(from, at) + mark
    from = Math.max(from, at)
  }
  return result + clean.slice(from)
}

/** Puts elements where sentinels came out. */
export function placeMarks(fragment: DocumentFragment, marks: Marks): void {
  for (const link of fragment.querySelectorAll('a[href]')) {
    const href = link.getAttribute('href')!
    if (inAddress.test(href)) link.setAttribute('href', href.replace(inAddress, ''))
    inAddress.lastIndex = 0
  }
  const walker = document.createTreeWalker(fragment, NodeFilter.SHOW_TEXT)
  const texts: Text[] = []
  while (walker.nextNode()) texts.push(walker.currentNode as Text)
  for (let text of texts) {
    for (let found = sentinel.exec(text.data); found; found = sentinel.exec(text.data)) {
      const mark = text.splitText(found.index)
      text = mark.splitText(found[0].length)
      mark.replaceWith(
        found[1] === 'g' ? gapMark(marks.gaps[Number(found[2])]) : citationMark(Number(found[2]), marks),
      )
    }
  }
}

function gapMark(gap: Gap | undefined): HTMLElement {
  const element = document.createElement('span')
  element.className = 'gap'
  element.dataset.gap = ''
  element.textContent = `… ${describeGap(gap?.missing)}`
  return element
}

function citationMark(number: number, { sources }: Marks): HTMLElement {
  const source = sources.find((one) => one.number === number)
  const address = source && safeAddress(source.url)
  const element = document.createElement(address ? 'a' : 'span')
  element.className = 'cite'
  element.dataset.cite = String(number)
  element.textContent = String(number)
  if (address) {
    element.setAttribute('aria-label', `Source ${number}: ${source.title || hostOf(address)}`)
    element.setAttribute('title', source.title || address)
    element.setAttribute('href', address)
    element.setAttribute('target', '_blank')
    element.setAttribute('rel', 'noopener noreferrer nofollow')
  }
  return element
}
