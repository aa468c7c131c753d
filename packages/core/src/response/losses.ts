import type { Break } from '../text/coverage.ts'
import type { OpenText } from './textPart.ts'
import type { Gap } from '../types/types.ts'

/**
 * Gaps that no stamp reveals and only history can fill:
 * - before the first text, if the start of the response is unread (`headless`);
 * - if continuity was lost (`broken`): after each text whose end is unknown, if anything follows it; before the first
 *   text that is new since the loss; and after the last text, if the response has `ended`.
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
