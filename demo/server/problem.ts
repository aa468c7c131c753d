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
