import { ErrorCode, RejoinError } from '@rejoin/core'

/** An error that its reader can fix; the message reads "unable to X; Y". Ends the program, or becomes an HTTP response. */
export class Problem extends Error {
  override readonly name = 'Problem'
  /** The status of the HTTP response. */
  readonly status: number
  readonly code: string

  constructor(message: string, options: { status?: number; code?: string; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.status = options.status ?? 500
    this.code = options.code ?? 'failed'
  }
}

export const notFound = (what: string) =>
  new Problem(`unable to find this ${what}; it does not exist, or it belongs to someone else`, {
    status: 404,
    code: 'not_found',
  })

export const badRequest = (message: string) => new Problem(message, { status: 400, code: 'bad_request' })

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  return error instanceof Error ? error.message || error.name : String(error)
}

/** The error as a browser may see it: a problem as it is, anything else without details. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  // The packages' own errors, such as that of an unknown cursor, already name the cause and the cure.
  if (error instanceof RejoinError && error.code === ErrorCode.InvalidArgument)
    return badRequest(error.message)
  const code = codeOf(error)
  // SQLSTATE class 22: the database cannot represent a value of the request.
  if (code?.startsWith('22'))
    return badRequest('unable to process this request; it contains a value that the database cannot store')
  if (isOutage(code))
    return new Problem('unable to do this now; the database or the Ably server does not respond. Try again', {
      status: 503,
      code: 'unavailable',
      cause: error,
    })
  return new Problem('unable to do this; an error occurred in the server. Its log has the details', {
    cause: error,
  })
}

/** The error's SQLSTATE, or Node.js's system error code. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** SQLSTATE classes 08 (connection), 53 (resources) and 57 (shutdown), and Node.js's socket errors. */
const isOutage = (code: string | undefined) =>
  code !== undefined && /^(08|53|57|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_)/.test(code)
