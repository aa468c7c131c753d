/**
 * Parses JSON text that may have been cut anywhere, as arguments of a tool call are while they stream: as much of
 * it as is certain. A string that is cut keeps what has come of it; a cut key, number or literal is left out.
 * Undefined while nothing is certain, or when the text is no JSON.
 */
export function parsePartialJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Cut short, or no JSON: what follows finds out.
  }
  const closers: string[] = []
  /** Shorter and shorter beginnings after which a value is complete, longest last. */
  const ends: { at: number; close: string }[] = []
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const c = text[i]!
    if (inString) {
      if (c === '\\') i++
      else if (c === '"') inString = false
      continue
    }
    if (c === '"') inString = true
    else if (c === '{' || c === '[') closers.push(c === '{' ? '}' : ']')
    else if (c === '}' || c === ']') closers.pop()
    else if (c !== ',') continue
    // Before a comma and after a bracket what stands is whole.
    if (c !== '"') ends.push({ at: c === ',' ? i : i + 1, close: closers.toReversed().join('') })
  }
  const rest = closers.toReversed().join('')
  // A number or literal that goes on to the end may go on after it.
  const cutWord = !inString && /[^\s,{}[\]":]$/.test(text)
  const tries = [
    ...(cutWord ? [] : [{ at: text.length, close: inString ? `"${rest}` : rest }]),
    ...(inString ? cutEscape(text, rest) : []),
    ...ends.slice(-2).toReversed(),
  ]
  for (const { at, close } of tries) {
    try {
      return JSON.parse(text.slice(0, at) + close)
    } catch {
      // The next shorter one.
    }
  }
  return undefined
}

/** An escape sequence that was cut: `\`, `\u12`. */
function cutEscape(text: string, rest: string): { at: number; close: string }[] {
  const cut = text.lastIndexOf('\\')
  return cut >= text.length - 6 && cut >= 0 ? [{ at: cut, close: `"${rest}` }] : []
}
