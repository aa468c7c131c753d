import { ErrorCode, RejoinError } from '@rejoin/core'

/** Something a person can put right: the message reads "unable to X; Y". Ends the program, or becomes an HTTP answer. */
export class Problem extends Error {
  override readonly name = 'Problem'
  /** HTTP status, where it reaches a browser. */
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

/** What a browser is told of an error: a problem as it is, anything else without its details. */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  // What our own packages refuse, such as a cursor, says why by itself.
  if (error instanceof RejoinError && error.code === ErrorCode.InvalidArgument)
    return badRequest(error.message)
  const code = codeOf(error)
  // SQLSTATE class 22: the database was given a value it cannot hold or read.
  if (code?.startsWith('22'))
    return badRequest('unable to use this request; it holds a value that cannot be stored or looked up')
  if (isOutage(code))
    return new Problem('unable to do this now; the database or the Ably server does not answer. Try again', {
      status: 503,
      code: 'unavailable',
      cause: error,
    })
  return new Problem('unable to do this; the server failed, and its log says how', { cause: error })
}

/** SQLSTATE or Node.js system code. */
export function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

/** Classes 08, 53, 57: no connection, no resources, the operator stopped it. Node.js: the socket failed. */
const isOutage = (code: string | undefined) =>
  code !== undefined && /^(08|53|57|ECONN|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ENOTFOUND|EAI_)/.test(code)
