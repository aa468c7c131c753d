/** The kind of event that a row shows. */
export type Kind =
  | 'message'
  | 'past'
  | 'ignored'
  | 'publish'
  | 'gap'
  | 'healed'
  | 'connection'
  | 'presence'
  | 'finish'
  | 'error'
  | 'mark'

export interface Entry {
  kind: Kind
  at: number
  /** What it was, in a word or two: `append`, `gap`. */
  what: string
  text: string
  /** Characters. */
  size: number
  /** The details that show when the row is opened. */
  raw: unknown
  /** An entry with the key of the newest row is counted in that row. */
  key?: string
}

/** A line of the list: one entry, or several of the same kind that came one after the other. */
export interface Row extends Omit<Entry, 'raw'> {
  readonly id: number
  /** When its last entry came. */
  until: number
  count: number
  /** The newest entries, oldest first. */
  readonly raws: { value: unknown; size: number }[]
  /** Grows with each change. */
  version: number
}

const MAX_ROWS = 300
const MAX_RAWS = 20
/** Characters of raw messages that are kept, in all rows together. */
const MAX_KEPT = 2_000_000

/** The events, newest last. The numbers of rows and characters kept are bounded. */
export class Log {
  readonly rows: Row[] = []
  #count = 0
  #kept = 0

  add(entry: Entry): void {
    const newest = this.rows.at(-1)
    const row = newest && entry.key !== undefined && newest.key === entry.key ? newest : this.#begin(entry)
    row.until = entry.at
    row.count++
    row.size += entry.size
    row.version++
    this.#keep(row, { value: entry.raw, size: entry.size })
  }

  clear(): void {
    this.rows.length = 0
    this.#kept = 0
  }

  #begin({ kind, at, what, text, key }: Entry): Row {
    const row: Row = {
      id: ++this.#count,
      kind,
      at,
      until: at,
      what,
      text,
      key,
      size: 0,
      count: 0,
      raws: [],
      version: 0,
    }
    this.rows.push(row)
    if (this.rows.length > MAX_ROWS) for (const { size } of this.rows.shift()!.raws) this.#kept -= size
    return row
  }

  #keep(row: Row, raw: Row['raws'][number]): void {
    row.raws.push(raw)
    this.#kept += raw.size
    if (row.raws.length > MAX_RAWS) this.#kept -= row.raws.shift()!.size
    for (const { raws } of this.rows) {
      if (this.#kept <= MAX_KEPT) return
      while (this.#kept > MAX_KEPT && raws.length > 0) this.#kept -= raws.shift()!.size
    }
  }
}
