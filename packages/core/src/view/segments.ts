import type { Gap, ResponseState } from '../types/types.ts'

/** A range of a part's text, in UTF-16 code units. */
export interface TextRange {
  readonly from: number
  readonly to: number
}

export interface TextSegment extends TextRange {
  readonly type: 'text'
  readonly text: string
  /** A gap lies somewhere in this text or at one of its ends; its exact place is unknown. */
  readonly uncertain: boolean
  /** This text was missing and has come. */
  readonly healed: boolean
}

/** Text is missing: here, or, if `gap.to > gap.from`, somewhere in the uncertain text that follows. */
export interface GapSegment {
  readonly type: 'gap'
  readonly from: number
  readonly gap: Gap
}

export type Segment = TextSegment | GapSegment

/** The gaps of one part of a response. */
export function gapsOf({ gaps }: Pick<ResponseState, 'gaps'>, partId: string): readonly Gap[] {
  return gaps.filter(({ part }) => part === partId)
}

/** The number of missing UTF-16 code units; `undefined` if the stream does not report it. */
export function missingIn(gaps: readonly Gap[]): number | undefined {
  let sum = 0
  for (const { missing } of gaps) {
    if (missing === undefined) return undefined
    sum += missing
  }
  return sum
}

/**
 * Splits a text at gaps, and at the ends of uncertain or healed text. The joined segments equal the text. `healed`
 * comes from `followHealed`.
 */
export function segmentsOf(
  text: string,
  gaps: readonly Gap[],
  healed: readonly TextRange[] = [],
): readonly Segment[] {
  const inText = (at: number): number => Math.max(0, Math.min(at, text.length))
  const cuts = [0, text.length]
  for (const { from, to } of [...gaps, ...healed]) cuts.push(inText(from), inText(to))
  const places = [...new Set(cuts)].sort((a, b) => a - b)
  const rest = gaps.toSorted((a, b) => a.from - b.from)
  const segments: Segment[] = []
  for (const [i, from] of places.entries()) {
    while (rest[0] && inText(rest[0].from) <= from) segments.push({ type: 'gap', from, gap: rest.shift()! })
    const to = places[i + 1]
    if (to === undefined) break
    const within = (range: TextRange): boolean => range.from <= from && range.to >= to
    addText(segments, { text, from, to, uncertain: gaps.some(within), healed: healed.some(within) })
  }
  return segments
}

/** Adds a piece of text, or extends the previous piece if it is of the same kind. */
function addText(segments: Segment[], { text, ...piece }: Omit<TextSegment, 'type'>): void {
  const last = segments.at(-1)
  const joins = last?.type === 'text' && last.uncertain === piece.uncertain && last.healed === piece.healed
  const from = joins ? last.from : piece.from
  const segment: TextSegment = { type: 'text', text: text.slice(from, piece.to), ...piece, from }
  if (joins) segments[segments.length - 1] = segment
  else segments.push(segment)
}
