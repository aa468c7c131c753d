/** As many differences are counted one by one; of more, only the number is estimated. */
const most = 400

/** How many characters one would have to take out of `other` and put into it to get `text`. */
export function differences(text: string, other: string): number {
  let from = 0
  while (from < text.length && from < other.length && text[from] === other[from]) from++
  let end = 0
  while (
    end < text.length - from &&
    end < other.length - from &&
    text[text.length - 1 - end] === other[other.length - 1 - end]
  )
    end++
  return edits(text.slice(from, text.length - end), other.slice(from, other.length - end))
}

/** Myers' greedy algorithm, for the number alone. */
function edits(text: string, other: string): number {
  if (text === '' || other === '') return text.length + other.length
  const furthest = new Map([[1, 0]])
  for (let count = 0; count <= most; count++)
    for (let line = -count; line <= count; line += 2) {
      const below = furthest.get(line + 1) ?? -1
      const before = furthest.get(line - 1) ?? -1
      let x = line === -count || (line !== count && before < below) ? below : before + 1
      while (x < text.length && x - line < other.length && text[x] === other[x - line]) x++
      furthest.set(line, x)
      if (x >= text.length && x - line >= other.length) return count
    }
  return Math.max(most, Math.abs(text.length - other.length))
}
