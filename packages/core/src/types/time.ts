import type { Row } from './types.ts'

/** Milliseconds since the epoch; NaN where a row does not tell. */
export function timeOf(time: Row['createdAt']): number {
  return typeof time === 'number' ? time : new Date(time ?? NaN).getTime()
}
