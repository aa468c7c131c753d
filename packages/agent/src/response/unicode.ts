/** Bytes of `text` in UTF-8; a lone surrogate counts as its replacement character. */
export function utf8Length(text: string): number {
  let bytes = text.length
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) continue
    // A surrogate pair is two units and four bytes.
    if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(i + 1))) {
      bytes += 2
      i++
    } else bytes += unit < 0x800 ? 1 : 2
  }
  return bytes
}

/** How many code units of `text` fit into `bytes` of UTF-8 without splitting a surrogate pair. */
export function fitting(text: string, bytes: number): number {
  let used = 0
  for (let i = 0; i < text.length;) {
    const unit = text.charCodeAt(i)
    const pair = isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(i + 1))
    used += pair ? 4 : unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3
    if (used > bytes) return i
    i += pair ? 2 : 1
  }
  return text.length
}

export function endsInHighSurrogate(text: string): boolean {
  return isHighSurrogate(text.charCodeAt(text.length - 1))
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000
}
