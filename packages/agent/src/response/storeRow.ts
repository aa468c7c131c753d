import { ErrorCode, wrapError, type RejoinError, type ResponseRow } from '@rejoin/core/protocol'
import { Backoff, type RetryOptions } from '../publish/backoff.ts'

/** How the application stores rows. */
export interface RowStoring {
  readonly store: ((row: ResponseRow) => unknown) | undefined
  readonly retry: RetryOptions
  report(error: RejoinError): void
}

/** Milliseconds for which a failing store is tried again. */
const PATIENCE = 5000

/** Stores a response. `refused`: the application's store will never accept it. */
export async function storeRow(
  row: ResponseRow,
  { store, retry, report }: RowStoring,
): Promise<'stored' | 'refused' | 'failed'> {
  const backoff = new Backoff({ ...retry, giveUpAfter: PATIENCE })
  for (;;) {
    try {
      await store?.(row)
      return 'stored'
    } catch (error) {
      const refused = isRefused(error)
      const delay = refused ? undefined : backoff.next()
      if (delay === undefined) {
        report(wrapError(`store response "${row.id}"`, error, ErrorCode.CallbackFailed))
        return refused ? 'refused' : 'failed'
      }
      await new Promise((resolve) => setTimeout(resolve, delay))
    }
  }
}

/** Whether no retry can succeed: the values or references are wrong (SQLSTATE classes 22 and 23). */
function isRefused(error: unknown): boolean {
  for (let cause = error, depth = 0; cause && depth < 8; cause = (cause as Error).cause, depth++)
    if (/^2[23][0-9A-Z]{3}$/.test(String((cause as { code?: unknown }).code))) return true
  return false
}
