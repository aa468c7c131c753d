import { isOpen } from '../types/status.ts'
import { timeOf } from '../types/time.ts'
import type { Past } from './hydrator.ts'
import type { SeedPage } from './rowReader.ts'

/** Where reading the channel backwards may stop: at a time, or at the start of the response `id`. */
export interface Floor {
  readonly id: string | undefined
  readonly serial: string | undefined
  readonly time: number
}

/** The start of the newest response that is complete in rows; `undefined` if there is none. */
export function floorOf({ rows, openSince }: SeedPage): Floor | undefined {
  if (openSince !== undefined) return { id: undefined, serial: undefined, time: openSince }
  let newest: Floor | undefined
  for (const row of rows) {
    if (row.role !== 'assistant' || isOpen(row.status ?? 'complete')) continue
    const time = timeOf(row.createdAt)
    if (Number.isNaN(time) && row.serial === undefined) continue
    if (!newest || time > newest.time) newest = { id: row.id, serial: row.serial, time }
  }
  return newest
}

/**
 * Whether history that was read back to its `oldest` message goes as far as the floor. The clock of the database may run
 * ahead of Ably's, so a row without a serial is reached when the channel has told of its response, and of what is older.
 */
export function reaches(
  oldest: { serial: string; timestamp: number },
  { id, serial, time }: Floor,
  past: Past,
): boolean {
  if (id === undefined) return oldest.timestamp <= time
  if (serial !== undefined) return oldest.serial <= serial
  const start = past.serialOf(id)
  return start !== undefined && oldest.serial < start
}
