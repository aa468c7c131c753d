/**
 * Browsers lay a text node out anew from every place where it may break: in some fonts that takes the square of its
 * length. So long texts become nodes of at most this many characters.
 */
const longest = 256

/** A text in pieces that are cut where a reader cannot see it. */
export function chunksOf(text: string): string[] {
  const chunks: string[] = []
  let from = 0
  while (text.length - from > longest) {
    const to = cutBefore(text, from + longest)
    chunks.push(text.slice(from, to))
    from = to
  }
  chunks.push(text.slice(from))
  return chunks
}

/** Never inside of a letter or an emoji, where there is another place nearby. */
function cutBefore(text: string, end: number): number {
  for (let at = end; at > end - 64; at--) if (/\s/.test(text[at - 1]!)) return at
  for (let at = end; at > end - 64; at--)
    if (/[\p{ASCII}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text[at]!)) return at
  return end
}

/** Cuts the long texts below a node, except in code: its font is not slow. */
export function cutTexts(root: Node): void {
  const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT)
  const long: Text[] = []
  while (walker.nextNode()) {
    const text = walker.currentNode as Text
    if (text.length > longest && !text.parentElement?.closest('pre')) long.push(text)
  }
  for (const text of long) text.replaceWith(...chunksOf(text.data).map((chunk) => new Text(chunk)))
}
