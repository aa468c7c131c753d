import { isOpen } from '../types/status.ts'
import type { ResponseRow, Row, RowPart } from '../types/types.ts'
import type { ShelvedRow } from './kinds.ts'

/** Rows by their ids and by the serials of the messages that they were made of. */
export class Shelf {
  readonly #rows = new Map<string, ShelvedRow>()
  readonly #bySerial = new Map<string, string>()

  get(id: string): ShelvedRow | undefined {
    return this.#rows.get(id)
  }

  put(shelved: ShelvedRow): void {
    const { row } = shelved
    this.#rows.set(row.id, shelved)
    for (const serial of serialsOf(row)) this.#bySerial.set(serial, row.id)
  }

  take(id: string): ShelvedRow | undefined {
    const shelved = this.#rows.get(id)
    if (!shelved) return undefined
    this.#rows.delete(id)
    for (const serial of serialsOf(shelved.row)) this.#bySerial.delete(serial)
    return shelved
  }

  idBySerial(serial: string): string | undefined {
    return this.#bySerial.get(serial)
  }
}

/** Whether a row is complete and well formed, so that it can wait. Other rows are applied at once. */
export function isFit({ status = 'complete', retracted, text = '', parts = [] }: ResponseRow): boolean {
  return (
    !isOpen(status) &&
    !retracted &&
    typeof text === 'string' &&
    Array.isArray(parts) &&
    parts.every(isFitPart)
  )
}

const isFitPart = (part: RowPart | null): boolean =>
  typeof part === 'object' && typeof part?.type === 'string' && typeof (part.text ?? '') === 'string'

/** The serials that a row names. */
function* serialsOf({ serial, parts = [] }: ResponseRow): Iterable<string> {
  if (serial !== undefined) yield serial
  for (const part of parts) if (part.serial) yield part.serial
}

/** Milliseconds since the epoch; 0 where the row does not tell. */
export function timeOf(time: Row['createdAt']): number {
  return time === undefined ? 0 : new Date(time).getTime() || 0
}
