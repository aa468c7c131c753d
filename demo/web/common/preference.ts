/** How answers are shown: rendered, or exactly as the model wrote them. Kept for the next visit. */
export type Format = 'rendered' | 'source'

const key = 'rejoin-format'
const listeners = new Set<() => void>()

export function getFormat(): Format {
  try {
    return localStorage.getItem(key) === 'source' ? 'source' : 'rendered'
  } catch {
    return 'rendered'
  }
}

export function setFormat(format: Format): void {
  try {
    localStorage.setItem(key, format)
  } catch {
    // A browser that keeps nothing shows what it can.
  }
  for (const listener of listeners) listener()
}

export function onFormat(listener: () => void): () => void {
  listeners.add(listener)
  return () => void listeners.delete(listener)
}
