/**
 * A map whose older versions stay readable without a copy: the newest version holds the entries, and an older one holds
 * the changes since. So a change costs only the entries that it names.
 */
export class Table<V> {
  readonly #map: Map<string, V>
  #later: { readonly table: Table<V>; readonly were: ReadonlyMap<string, V | undefined> } | undefined

  constructor(map = new Map<string, V>()) {
    this.#map = map
  }

  get(id: string): V | undefined {
    for (let later = this.#later; later; later = later.table.#later)
      if (later.were.has(id)) return later.were.get(id)
    return this.#map.get(id)
  }

  /** The version after some changes, which belong to it from then on; `undefined` takes an entry out. */
  with(changes: Map<string, V | undefined>): Table<V> {
    if (changes.size === 0) return this
    // The empty version has no successor: all conversations share it, so it must not hold on to any of them.
    if (this.#map.size === 0 && !this.#later) return new Table(changes as Map<string, V>)
    if (this.#later) return this.#apart().with(changes)
    const map = this.#map
    const were = new Map<string, V | undefined>()
    for (const [id, value] of changes) {
      were.set(id, map.get(id))
      if (value === undefined) map.delete(id)
      else map.set(id, value)
    }
    const table = new Table(map)
    this.#later = { table, were }
    return table
  }

  /** A copy with a history of its own: something else than before comes after an older version. */
  #apart(): Table<V> {
    const undo: ReadonlyMap<string, V | undefined>[] = []
    for (let later = this.#later; later; later = later.table.#later) undo.push(later.were)
    const map = new Map(this.#map)
    for (const were of undo.reverse())
      for (const [id, value] of were)
        if (value === undefined) map.delete(id)
        else map.set(id, value)
    return new Table(map)
  }
}
