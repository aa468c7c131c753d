import type { ResponseRow } from '../types/types.ts'
import type { ShownLine } from './fates.ts'
import type { RowHost, Rows, ShelvedRow } from './kinds.ts'
import type { Response } from './response.ts'
import { isFit, Shelf, timeOf } from './shelf.ts'

/** Rows of the application's database. A finished answer is only a line until its response is needed. */
export class RowBook implements Rows {
  readonly #host: RowHost
  readonly #shelf = new Shelf()
  /** Lines of rows that do not show yet, by the reading that brought them. */
  readonly #held = new Map<number, ShownLine[]>()

  constructor(host: RowHost) {
    this.#host = host
  }

  has(id: string): boolean {
    return this.#shelf.get(id) !== undefined
  }

  find(id: string): Response | undefined {
    const shelved = this.#shelf.take(id)
    if (!shelved) return undefined
    const { row } = shelved
    const response = this.#apply(shelved) ?? this.#host.roster.rowFor(row.id, row.serial, row.clientId)
    this.#host.rowShown(response)
    return response
  }

  bySerial(serial: string): Response | undefined {
    const id = this.#shelf.idBySerial(serial)
    return id === undefined ? undefined : this.find(id)
  }

  amend(row: ResponseRow, apply: ShelvedRow['apply']): void {
    const { id, clientId, status = 'complete', serial, createdAt, promptId } = row
    const before = this.#shelf.get(id)
    // A row that is complete stays as it is.
    if (before && before.row.clientId === clientId) return
    const shelved = { row, apply }
    if (!isFit(row) || this.#isKnown(row)) {
      const response = this.#apply(shelved)
      if (response) this.#host.rowChanged(response)
      return
    }
    this.#shelf.put(shelved)
    this.#hold(this.#host.reading, [{ id, status, serial, createdAt: timeOf(createdAt), promptId }])
  }

  show(held: ReadonlySet<number>): boolean {
    let any = false
    for (const [reading, lines] of this.#held) {
      if (held.has(reading)) continue
      this.#held.delete(reading)
      for (const response of lines) this.#host.note({ type: 'response', response })
      any = true
    }
    return any
  }

  handOver(reading: number, to: number): void {
    const lines = this.#held.get(reading)
    if (!lines) return
    this.#held.delete(reading)
    this.#hold(to, lines)
  }

  letGo(id: string): void {
    this.#shelf.take(id)
  }

  #hold(reading: number, lines: readonly ShownLine[]): void {
    const held = this.#held.get(reading)
    if (held) for (const line of lines) held.push(line)
    else this.#held.set(reading, [...lines])
  }

  /** Whether the channel has delivered anything of its response. */
  #isKnown({ id, serial }: ResponseRow): boolean {
    const { roster } = this.#host
    return roster.find(id) !== undefined || (serial !== undefined && roster.bySerial(serial) !== undefined)
  }

  #apply({ row, apply }: ShelvedRow): Response | undefined {
    const { id, serial, clientId } = row
    const { roster } = this.#host
    const response = roster.rowFor(id, serial, clientId)
    if (!apply(response, row)) return undefined
    roster.noteMessages(response)
    if (serial !== undefined) roster.noteSerial(serial, response)
    return response
  }
}
