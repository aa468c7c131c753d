import type { Gap } from '@rejoin/core'
import { h } from './dom.ts'

/** A piece of a part's text, or a gap at the start of the range where it may be. */
export type Segment =
  | { kind: 'text'; text: string; from: number; uncertain: boolean }
  | { kind: 'gap'; gap: Gap }

/** Cuts a text at its gaps. Where a gap's place is only known roughly, the whole range is `uncertain`. */
export function segmentsOf(text: string, gaps: readonly Gap[]): Segment[] {
  const segments: Segment[] = []
  let at = 0
  let uncertainTo = 0
  const take = (to: number, uncertain: boolean) => {
    if (to > at) segments.push({ kind: 'text', text: text.slice(at, to), from: at, uncertain })
    at = Math.max(at, to)
  }
  const takeTo = (to: number) => {
    take(Math.min(to, uncertainTo, text.length), true)
    take(Math.min(to, text.length), false)
  }
  for (const gap of [...gaps].sort((a, b) => a.from - b.from)) {
    takeTo(gap.from)
    segments.push({ kind: 'gap', gap })
    uncertainTo = Math.max(uncertainTo, gap.to)
  }
  takeTo(text.length)
  return segments
}

/** The mark of a gap, in a text. */
export function gapMark({ from, to, missing }: Gap): HTMLElement {
  const about = describeGap(missing)
  return h(
    'span',
    { class: 'gap', 'data-gap': '' },
    to > from ? `… ${about} in the marked text` : `… ${about}`,
  )
}

export function describeGap(missing: number | undefined): string {
  if (missing === undefined) return 'some text is missing'
  return missing === 1 ? '1 character missing' : `${missing.toLocaleString('en')} characters missing`
}

/** Characters missing in all; `undefined` where the stream does not tell. */
export function missingIn(gaps: readonly Gap[]): number | undefined {
  let sum = 0
  for (const { missing } of gaps) {
    if (missing === undefined) return undefined
    sum += missing
  }
  return sum
}
