import { ErrorCode, RejoinError } from '@rejoin/agent'

/**
 * Whether trying again cannot help: the value itself is refused, whatever the state of the database.
 * SQLSTATE classes 22 (a value that cannot be represented), 23 (a constraint, such as the foreign key of a
 * conversation that was deleted) and 54 (a limit, such as the length of an indexed id); ids that are taken; values
 * that are no JSON.
 */
export function isPermanent(error: unknown): boolean {
  if (error instanceof RejoinError) return error.code === ErrorCode.InvalidArgument
  const code = (error as { code?: unknown } | undefined)?.code
  return typeof code === 'string' && /^(22|23|54)[0-9A-Z]{3}$/.test(code)
}
