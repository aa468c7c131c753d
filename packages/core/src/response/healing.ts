import type { Gap, ResponseState } from '../types/types.ts'

/** Code units that were missing in `before` and have come in `next`: no more than the texts grew. */
export function healedIn(before: ResponseState, next: ResponseState): number {
  if (before.gaps === next.gaps || next.gaps.some(({ missing }) => missing === undefined)) return 0
  const came = knownMissing(before.gaps) - knownMissing(next.gaps)
  return came <= 0 ? 0 : Math.max(0, Math.min(came, lengthOf(next) - lengthOf(before)))
}

function knownMissing(gaps: readonly Gap[]): number {
  return gaps.reduce((sum, { missing = 0 }) => sum + missing, 0)
}

function lengthOf({ parts }: ResponseState): number {
  return parts.reduce((sum, part) => sum + ('text' in part ? part.text.length : 0), 0)
}
