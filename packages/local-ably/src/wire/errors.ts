import type { WireError } from './protocol.ts'

/** An error with Ably's code. Its message reads "unable to X; Y": what failed, then why or what to do. */
export class AblyError extends Error {
  override readonly name = 'AblyError'
  readonly code: number
  readonly statusCode: number
  readonly detail: Record<string, unknown> | undefined

  constructor(code: number, statusCode: number, message: string, detail?: Record<string, unknown>) {
    super(message)
    this.code = code
    this.statusCode = statusCode
    this.detail = detail
  }

  /** The error on the wire. Without `code`, `statusCode` and `message`, SDKs drop the frame. */
  toWire(): WireError {
    return {
      code: this.code,
      statusCode: this.statusCode,
      message: this.message,
      href: `https://help.ably.io/error/${this.code}`,
      ...(this.detail ? { detail: this.detail } : {}),
    }
  }
}

/** Codes 40140 to 40149 make an SDK renew its token; nothing else may use them. */
export const isTokenError = (error: AblyError): boolean => error.code >= 40140 && error.code < 40150

/** Turns anything thrown into an `AblyError`. A bug in the server reaches the client as a 50000, not as silence. */
export function asAblyError(error: unknown): AblyError {
  if (error instanceof AblyError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new AblyError(50000, 500, `unable to process the request; internal error: ${message}`)
}

export const badRequest = (message: string): AblyError => new AblyError(40000, 400, message)
export const notFound = (message: string): AblyError => new AblyError(40400, 404, message)
export const invalidCredentials = (message: string): AblyError => new AblyError(40101, 401, message)
export const denied = (message: string): AblyError => new AblyError(40160, 401, message)
export const badChannelName = (name: string): AblyError =>
  new AblyError(40010, 400, `unable to use channel ${JSON.stringify(name)}; invalid channel name`)
export const rateLimited = (code: number, metric: string, rate: number): AblyError =>
  new AblyError(
    code,
    429,
    `Rate limit exceeded; request rejected (nonfatal); metric = ${metric}; permitted rate = ${rate}`,
    { metric, permittedRate: rate, nonfatal: true },
  )
