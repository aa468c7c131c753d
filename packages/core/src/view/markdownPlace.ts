/** UTF-16 code units searched in each direction for the ends of a mark's line. */
const reach = 400

/** The prefix that makes a line a quote, an item, a heading or a table row. */
const prefix = /^[ \t]*(?:(?:>|[-*+]|\d{1,9}[.)])[ \t]+)*(?:#{1,6}[ \t]+|\|)?/

/** Lines that are only syntax: fences, rules, underlines, a table's second row. */
const syntax = /^[ \t]*(?:`{3,}|~{3,}|[ \t|:=*_-]+$)/

/** The nearest place in a Markdown text where a mark breaks no syntax. */
export function markdownPlaceOf(text: string, at: number): number {
  const before = text.slice(Math.max(0, at - reach), at)
  const start = at - (before.length - 1 - before.lastIndexOf('\n'))
  if (!before.includes('\n') && at > reach) return at
  const after = text.slice(at, at + reach)
  const end = at + (after.includes('\n') ? after.indexOf('\n') : after.length)
  const line = text.slice(start, end)
  if (line.trim() !== '' && syntax.test(line))
    return start === 0 ? 0 : inRow(text.slice(0, start - 1), start - 1)
  return inRow(line, Math.max(at - start, prefix.exec(line)![0].length)) + start
}

/** There is no cell after a row's last bar. */
function inRow(line: string, at: number): number {
  const row = line.slice(-reach).trimEnd()
  const last = line.length - line.slice(-reach).length + row.length - 1
  return row.endsWith('|') && /^[ \t]*\|/m.test(row) && at > last ? last : at
}
