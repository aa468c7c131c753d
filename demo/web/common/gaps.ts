import type { Gap } from '@rejoin/core'

/** A piece of a part's text, or a place where some is missing. */
export type Segment =
  | { kind: 'text'; text: string; from: number; uncertain: boolean }
  | { kind: 'gap'; at: number; missing: number | undefined }

/**
 * Cuts a text at its holes. A hole whose place is only known roughly is marked at the end of the range,
 * and the range itself is `uncertain`.
 */
export function segmentsOf(text: string, gaps: readonly Gap[]): Segment[] {
  if (gaps.length === 0) return text === '' ? [] : [{ kind: 'text', text, from: 0, uncertain: false }]
  const segments: Segment[] = []
  let at = 0
  const take = (to: number, uncertain: boolean) => {
    if (to > at) segments.push({ kind: 'text', text: text.slice(at, to), from: at, uncertain })
    at = Math.max(at, to)
  }
  for (const gap of [...gaps].sort((a, b) => a.to - b.to)) {
    take(Math.min(gap.from, text.length), false)
    take(Math.min(gap.to, text.length), true)
    segments.push({ kind: 'gap', at, missing: gap.missing })
  }
  take(text.length, false)
  return segments
}

export function describeGap(missing: number | undefined): string {
  if (missing === undefined) return 'some text is missing here'
  return missing === 1 ? '1 character missing' : `${missing.toLocaleString('en')} characters missing`
}
