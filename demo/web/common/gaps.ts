import type { Gap } from '@rejoin/core'
import { h } from './dom.ts'

export { missingIn } from '@rejoin/core'

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
