import { isOpen } from '../types/status.ts'
import { timeOf } from '../types/time.ts'
import type { SeedPage } from './rowReader.ts'

/** Where reading the channel backwards may stop. */
export interface Floor {
  readonly serial: string | undefined
  readonly time: number
}

/** The start of the newest response that is complete in rows; `undefined` if there is none. */
export function floorOf({ rows, openSince }: SeedPage): Floor | undefined {
  if (openSince !== undefined) return { serial: undefined, time: openSince }
  let newest: Floor | undefined
  for (const row of rows) {
    if (row.role !== 'assistant' || isOpen(row.status ?? 'complete')) continue
    const time = timeOf(row.createdAt)
    if (Number.isNaN(time) && row.serial === undefined) continue
    if (!newest || time > newest.time) newest = { serial: row.serial, time }
  }
  return newest
}

/** Whether history that was read back to its `oldest` message goes as far as the floor. */
export function reaches(oldest: { serial: string; timestamp: number }, floor: Floor): boolean {
  return floor.serial === undefined ? oldest.timestamp <= floor.time : oldest.serial <= floor.serial
}
