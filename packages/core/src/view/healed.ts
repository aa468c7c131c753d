import type { Gap, ResponseState } from '../types/types.ts'
import { gapsOf } from './segments.ts'
import type { TextRange } from './segments.ts'

/** A part's text as last shown, and the ranges of it that were once missing. */
export interface Healed {
  readonly ranges: readonly TextRange[]
  readonly text: string
  readonly gaps: readonly Gap[]
  /** `healed` of the response. */
  readonly count: number
}

const none: readonly TextRange[] = []

/**
 * Finds which missing text of a part has come: `known` is the last result for the same part. Text that came by reading
 * the past does not count. Reads the text only when gaps change or ranges must be kept.
 */
export function followHealed(
  known: Healed | undefined,
  response: Pick<ResponseState, 'gaps' | 'healed'>,
  part: { readonly id: string; readonly text: string },
): Healed {
  const { text } = part
  const gaps = gapsOf(response, part.id)
  const count = response.healed ?? 0
  const next = { text, gaps, count }
  if (!known) return { ...next, ranges: none }
  const isPlain = known.gaps.length === 0 && known.ranges.length === 0
  if (isPlain || text === known.text) return { ...next, ranges: known.ranges }
  const pieces = alignedPieces(known, next)
  if (!pieces) return { ...next, ranges: none }
  const kept = known.ranges.flatMap((range) => pieces.flatMap((piece) => moved(range, piece)))
  const fresh = count > known.count ? between(pieces) : none
  return { ...next, ranges: [...kept, ...fresh].toSorted((a, b) => a.from - b.from) }
}

type Shown = Pick<Healed, 'text' | 'gaps'>

/** Unchanged text: `from` to `to` of the earlier text, starting at `at` in the new one. */
interface Piece extends TextRange {
  readonly at: number
}

/** The unchanged pieces of a text whose gaps were filled; `undefined` if the text changed in another way. */
function alignedPieces(before: Shown, now: Shown): Piece[] | undefined {
  const pieces: Piece[] = []
  const regions = regionsOf(before.gaps)
  let done = 0
  let at = 0
  let missing: number | undefined = 0
  for (const [i, region] of regions.entries()) {
    const stable = before.text.slice(done, region.from)
    if (!now.text.startsWith(stable, at)) return undefined
    pieces.push({ from: done, to: region.from, at })
    at += stable.length
    missing = plus(missing, region.missing)
    const rest = before.text.slice(region.to, regions[i + 1]?.from ?? before.text.length)
    const end = endOf(now, plus(region.to, missing), rest, at + region.to - region.from)
    if (end === undefined) return undefined
    const range = before.text.slice(region.from, region.to)
    pieces.push(...aroundFilling(range, region.from, now.text.slice(at, end), at))
    at = end
    done = region.to
  }
  if (!now.text.startsWith(before.text.slice(done), at)) return undefined
  pieces.push({ from: done, to: before.text.length, at })
  return pieces
}

const plus = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a + b

/** Gaps in order; adjoining gaps are merged. */
function regionsOf(gaps: readonly Gap[]): (TextRange & Pick<Gap, 'missing'>)[] {
  const regions: { from: number; to: number; missing: number | undefined }[] = []
  for (const { from, to, missing } of gaps.toSorted((a, b) => a.from - b.from)) {
    const last = regions.at(-1)
    if (!last || from > last.to) regions.push({ from, to, missing })
    else {
      last.to = Math.max(last.to, to)
      last.missing = plus(last.missing, missing)
    }
  }
  return regions
}

/**
 * Where `rest` begins in the new text, at `least` or later: by its offset in the agent's text, if known.
 */
function endOf(now: Shown, offset: number | undefined, rest: string, least: number): number | undefined {
  const place = offset === undefined ? undefined : placeAfterGaps(offset, now.gaps)
  if (place !== undefined && place >= least && now.text.startsWith(rest, place)) return place
  const found = now.text.indexOf(rest, least)
  return found < 0 ? undefined : found
}

/** Converts an offset of the agent's text to the shown text. */
function placeAfterGaps(offset: number, gaps: readonly Gap[]): number | undefined {
  let lost = 0
  for (const { to, missing } of gaps.toSorted((a, b) => a.from - b.from)) {
    if (missing === undefined) return undefined
    if (offset < to + lost + missing) break
    lost += missing
  }
  return offset - lost
}

/** The unchanged pieces of an uncertain range, before and after the inserted text. */
function aroundFilling(before: string, from: number, now: string, at: number): Piece[] {
  let head = 0
  while (head < before.length && before[head] === now[head]) head++
  let tail = 0
  while (tail < before.length - head && before.at(-1 - tail) === now.at(-1 - tail)) tail++
  return [
    { from, to: from + head, at },
    { from: from + before.length - tail, to: from + before.length, at: at + now.length - tail },
  ]
}

/** The text inserted between the unchanged pieces. */
function between(pieces: readonly Piece[]): TextRange[] {
  const ranges: TextRange[] = []
  let end = 0
  for (const { from, to, at } of pieces) {
    if (at > end) ranges.push({ from: end, to: at })
    end = Math.max(end, at + to - from)
  }
  return ranges
}

function moved(range: TextRange, { from, to, at }: Piece): TextRange[] {
  const start = Math.max(range.from, from)
  const end = Math.min(range.to, to)
  return start < end ? [{ from: start - from + at, to: end - from + at }] : []
}
