/**
 * Replaces lone surrogates and NUL by U+FFFD, of the same length: wires cannot carry the former, databases cannot store
 * the latter, and both must have the same text.
 */
export function storableText(text: string): string {
  return /[\0\ud800-\udfff]/.test(text)
    ? text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\0\ud800-\udfff]/g, (found) =>
        found.length === 2 ? found : '\ufffd',
      )
    : text
}

/** An escape in JSON text; the group matches those that databases refuse. */
const ESCAPE = /\\(?:u(0000|d[89a-f][0-9a-f]{2})|[^])/gi

/**
 * The same for every string in a value, keys included. Returns values that need no change, or are not JSON, unchanged.
 */
export function storable<T>(value: T): T {
  if (typeof value === 'string') return storableText(value) as T
  const json = asJson(value)
  if (json === undefined) return value
  const clean = json.replace(ESCAPE, (escape, bad: string | undefined) => (bad ? '\ufffd' : escape))
  return clean === json ? value : (JSON.parse(clean) as T)
}

function asJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}
