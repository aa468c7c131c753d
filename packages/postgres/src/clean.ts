import { ErrorCode, RejoinError } from '@rejoin/agent'

const REPLACEMENT = '\ufffd'

/**
 * Text that PostgreSQL can hold: NUL and lone surrogates become U+FFFD, one code unit for one, so that offsets into
 * the text stay right.
 */
export function cleanText(text: string): string {
  return text.replace(/\0|[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]/g, (found) =>
    found.length === 2 ? found : REPLACEMENT,
  )
}

/**
 * JSON that `jsonb` can hold: in every string and key, however deep, NUL and lone surrogates become U+FFFD.
 * `JSON.stringify` escapes both, so the serialized text is where to find them, in one pass without recursion.
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
