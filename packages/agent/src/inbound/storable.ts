/**
 * Lone surrogates and NUL become U+FFFD, of the same length: no wire carries the former, no database the latter, and
 * all must keep one text.
 */
export function storableText(text: string): string {
  return /[\0\ud800-\udfff]/.test(text)
    ? text.replace(/[\ud800-\udbff][\udc00-\udfff]|[\0\ud800-\udfff]/g, (found) =>
        found.length === 2 ? found : '\ufffd',
      )
    : text
}

/** An escape in JSON text; the group matches those that no database takes. */
const ESCAPE = /\\(?:u(0000|d[89a-f][0-9a-f]{2})|[^])/gi

/** The same for every string in a value, keys included. What needs no change, or is no JSON, is returned as it is. */
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
