import type { Break } from '../text/coverage.ts'
import type { OpenText } from './textPart.ts'
import type { Gap } from '../types/types.ts'

/**
 * Where text may be missing that only history can bring, and no stamp tells of: before the first text, if the response
 * began before what is known (`headless`); after every text of which no end is known, if continuity was lost (`broken`)
 * and anything follows it; before the first that is new since then; and after the last one when the response has
 * `ended` meanwhile.
 */
export function lossesOf(
  texts: readonly OpenText[],
  broken: Break | undefined,
  headless: boolean,
  ended: boolean,
): Gap[] {
  const gaps: Gap[] = []
  const gap = (part: string, at: number) => gaps.push({ part, from: at, to: at, missing: undefined })
  let later = headless
  for (const text of texts) {
    const last = text === texts.at(-1)
    const isNew = broken && text.serial > broken.key && !later
    later ||= isNew === true
    if ((isNew || (headless && text === texts[0])) && gaps.length === 0 && text.gaps[0]?.to !== 0)
      gap(text.id, 0)
    const unfinished = !text.finished && (broken || text.broken)
    if (last ? ended && (broken || unfinished) : unfinished) gap(text.id, text.snapshot!.text.length)
  }
  return gaps
}
