import { ErrorCode, RejoinError } from '@rejoin/agent'

/** The position of the oldest row on a page. */
export interface Position {
  createdAt: number
  id: string
}

/** Encodes a position in base64url, which needs no escaping in URLs. */
export function writeCursor({ createdAt, id }: Position): string {
  return toBase64Url(JSON.stringify([createdAt, id]))
}

/** @throws RejoinError `invalid_argument` for anything that `writeCursor` did not return. */
export function readCursor(cursor: string): Position {
  try {
    const [createdAt, id] = JSON.parse(fromBase64Url(cursor)) as unknown[]
    if (Number.isSafeInteger(createdAt) && typeof id === 'string' && !id.includes('\0'))
      return { createdAt: createdAt as number, id }
  } catch {
    // Reported below.
  }
  throw new RejoinError(
    ErrorCode.InvalidArgument,
    'unable to read this page; the cursor is not one that a page before it returned',
  )
}

const toBase64Url = (text: string) =>
  btoa(String.fromCharCode(...new TextEncoder().encode(text)))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')

const fromBase64Url = (text: string) =>
  new TextDecoder('utf-8', { fatal: true }).decode(
    Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0)),
  )
