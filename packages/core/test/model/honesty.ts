import type { ResponseState } from '../../src/types/types.ts'

/**
 * Law 2 as a check. Without gaps the text is an exact prefix of the truth. With gaps, what stands before the first
 * is; and where all are of known place and size, everything between and after them is too.
 */
export function honest({ text, gaps }: Pick<ResponseState, 'text' | 'gaps'>, truth: string): boolean {
  if (gaps.length === 0) return truth.startsWith(text)
  if (!truth.startsWith(text.slice(0, Math.min(...gaps.map((g) => g.from))))) return false
  if (gaps.some((g) => g.missing === undefined || g.from !== g.to)) return true
  let position = 0
  let from = 0
  for (const gap of gaps) {
    const run = text.slice(from, gap.from)
    if (!truth.startsWith(run, position)) return false
    position += run.length + gap.missing!
    from = gap.from
  }
  return truth.startsWith(text.slice(from), position)
}
