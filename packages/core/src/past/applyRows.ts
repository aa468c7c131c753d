import type { Row } from '../types/types.ts'

/** Applies rows. One that cannot be shown does not hide the others: the first error is returned. */
export function applyRows(rows: readonly Row[], apply: (row: Row) => void): Error | undefined {
  let first: Error | undefined
  for (const row of rows)
    try {
      apply(row)
    } catch (error) {
      first ??= error as Error
    }
  return first
}
