import type { Gap, Part, ResponseState, SourceDocumentPart, SourcePart, TextPart } from '../types/types.ts'
import { gapsOf } from './segments.ts'

/** A source of a text, numbered from 1 in the order in which sources are cited. */
export interface NumberedSource {
  readonly number: number
  readonly part: SourcePart | SourceDocumentPart
}

/** Text parts as one text, with offsets that count in it. */
export interface JoinedText {
  readonly text: string
  readonly gaps: readonly Gap[]
  /** Where sources are cited: after the first `at` UTF-16 code units. In order. */
  readonly citations: readonly { readonly at: number; readonly number: number }[]
  /** Each address or document once. */
  readonly sources: readonly NumberedSource[]
}

/**
 * Joins text parts: providers split one text into several parts, which must not affect Markdown. A citation stands at
 * the end of the cited text, or where its source came. `parts`: a selection of the response's parts, such as those
 * between two tool calls. Default: all.
 */
export function joinTexts(
  response: Pick<ResponseState, 'parts' | 'gaps'>,
  parts: readonly Part[] = response.parts,
): JoinedText {
  let text = ''
  const gaps: Gap[] = []
  const starts = new Map<string, { part: TextPart; start: number }>()
  const cited = new Map<string, { at: number; number: number }>()
  const sources = new Map<string, NumberedSource>()
  let last: { part: TextPart; start: number } | undefined
  for (const part of parts) {
    if (part.type === 'text') {
      const start = text.length
      last = { part, start }
      starts.set(part.id, last)
      for (const gap of gapsOf(response, part.id))
        gaps.push({ ...gap, from: gap.from + start, to: gap.to + start })
      text += part.text
    } else if (isSource(part)) {
      const source = numbered(sources, part)
      const home = (part.textPart === undefined ? undefined : starts.get(part.textPart)) ?? last
      const at = home ? placeOf(response, part, home) : text.length
      cited.set(`${at} ${source.number}`, { at, number: source.number })
    }
  }
  const citations = [...cited.values()].sort((a, b) => a.at - b.at || a.number - b.number)
  return { text, gaps, citations, sources: [...sources.values()] }
}

/** Converts an offset of the agent's text to the shown text, which lacks `gaps`. */
export function shownOffset(offset: number, gaps: readonly Gap[]): number {
  let lost = 0
  for (const { from, missing = 0 } of gaps.toSorted((a, b) => a.from - b.from))
    if (from + lost < offset) lost += Math.min(missing, offset - from - lost)
  return offset - lost
}

type Source = SourcePart | SourceDocumentPart

const isSource = (part: Part): part is Source => part.type === 'source-url' || part.type === 'source-document'

function numbered(sources: Map<string, NumberedSource>, part: Source): NumberedSource {
  const key = part.type === 'source-url' ? `url ${part.url}` : `document ${part.sourceId}`
  const known = sources.get(key) ?? { number: sources.size + 1, part }
  sources.set(key, known)
  return known
}

function placeOf(
  response: Pick<ResponseState, 'gaps'>,
  { endOffset }: Source,
  { part, start }: { part: TextPart; start: number },
): number {
  const end = endOffset === undefined ? Infinity : shownOffset(endOffset, gapsOf(response, part.id))
  return start + Math.max(0, Math.min(end, part.text.length))
}
