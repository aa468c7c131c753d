import { ErrorCode, RejoinError } from '@rejoin/agent'

const REPLACEMENT = '\ufffd'

/**
 * Makes a text storable in PostgreSQL: NUL and lone surrogates become U+FFFD. The length stays the same, so offsets into
 * the text remain valid.
 */
export function cleanText(text: string): string {
  return text.replace(/\0|[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (found) =>
    found.length === 2 ? found : REPLACEMENT,
  )
}

/**
 * Serializes a value as JSON that `jsonb` can store: in all strings and keys, NUL and lone surrogates become U+FFFD.
 * `JSON.stringify` escapes both, so one pass over its output finds them at any depth.
 */
export function cleanJson(value: unknown): string {
  return jsonOf(value).replace(/\\(?:u(0000|d[89a-f][0-9a-f]{2})|[^])/g, (found, code?: string) =>
    code === undefined ? found : REPLACEMENT,
  )
}

function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value)
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new RejoinError(ErrorCode.InvalidArgument, `unable to store this value as JSON; ${why}`, { cause })
  }
}
