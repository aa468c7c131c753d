import { ErrorCode, RejoinError } from '@rejoin/agent'

/**
 * Whether an error is permanent: the same call can never succeed, so report the error and do not retry. These are
 * SQLSTATE classes 22 (a value that cannot be represented), 23 (a constraint, such as a foreign key to a deleted
 * conversation) and 54 (a limit, such as the length of an indexed id), ids that are taken, and values that are not JSON.
 */
export function isPermanent(error: unknown): boolean {
  if (error instanceof RejoinError) return error.code === ErrorCode.InvalidArgument
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' && /^(22|23|54)[0-9A-Z]{3}$/.test(code)
}
