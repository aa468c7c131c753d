/**
 * A text for people that must fit into a message: cut, and saying so, if its JSON takes more than `room` bytes
 * (PROTOCOL.md §1.5).
 */
export function shortened(text: string, room: number): string {
  if (text.length * 6 <= room || bytesOf(JSON.stringify(text)) <= room) return text
  const upTo = (length: number): string =>
    `${piece(text, 0, length)}… [cut: ${length} of ${text.length} characters]`
  let least = 0
  // A code unit takes at least one byte.
  for (let most = Math.min(text.length, room); least < most;) {
    const middle = Math.ceil((least + most) / 2)
    if (bytesOf(JSON.stringify(upTo(middle))) <= room) least = middle
    else most = middle - 1
  }
  return upTo(least)
}

/** Never splits a surrogate pair. */
export function piece(text: string, at: number, size: number): string {
  const last = text.charCodeAt(at + size - 1)
  const cut = last >= 0xd800 && last < 0xdc00 && at + size < text.length
  return text.slice(at, at + size - (cut ? 1 : 0))
}

export function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length
}
