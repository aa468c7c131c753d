import remend from 'remend'
import { budget } from './budget.ts'

/** Marks that have begun at the end of a text and may go on: too early to tell what they are. */
const dangling = /(^|\s)(?:\*{1,3}|_{1,3}|~{1,2}|`{1,2})$/

/**
 * Closes what the end of a growing text has opened, so that `**bo` shows as bold rather than as stars that vanish
 * with the next word.
 */
export function completed(source: string): string {
  const text = source.trimEnd()
  if (text.length > budget.tail) return source
  return remend(text.replace(dangling, '$1'), {
    linkMode: 'text-only',
    comparisonOperators: false,
    singleTilde: false,
    katex: false,
    htmlTags: false,
  })
}
