import { alternativesIn, byPlace, isSame, keyOf, refOf } from '../../src/response/entry.ts'
import type { Entry } from '../../src/response/entry.ts'
import type { Lines } from '../../src/response/lines.ts'
import type { MessageRef } from '../../src/types/types.ts'

/**
 * What `Lines` promises, in the shortest code: each change copies all lines and sorts them. So one more message costs the
 * length of the conversation, and this shows what it weighs that it does not (bench/README.md).
 */
export class PlainLines implements Pick<Lines, keyof Lines> {
  readonly chunks: readonly (readonly Entry[])[]
  readonly shown: { length: number; last: MessageRef | undefined; refs: readonly MessageRef[] }
  readonly alternatives: number
  readonly #byKey: ReadonlyMap<string, Entry>

  constructor(entries: readonly Entry[], before?: PlainLines['shown']) {
    const refs = entries.map(refOf)
    const isAlike = refs.length === before?.length && refs.every((ref, i) => ref === before.refs[i])
    this.chunks = [entries]
    this.shown = isAlike ? before : { length: refs.length, last: refs.at(-1), refs }
    this.alternatives = entries.filter(alternativesIn).length
    this.#byKey = new Map(entries.map((entry) => [keyOf(entry), entry]))
  }

  get length(): number {
    return this.shown.length
  }

  get(key: string): Entry | undefined {
    return this.#byKey.get(key)
  }

  find(ref: MessageRef): Entry | undefined {
    return this.get(keyOf(ref))
  }

  shares(): number {
    return 0
  }

  from(index: number): Iterable<Entry> {
    return this.chunks[0]!.slice(index)
  }

  with(changes: Map<string, Entry | undefined>): Lines {
    const instead = new Map<Entry | undefined, Entry | undefined>()
    const added: Entry[] = []
    for (const [key, next] of changes) {
      const known = this.get(key)
      if (known === next || (known && next && isSame(next, known))) continue
      if (known && next) next.ref = refOf(known)
      const stays = known && next && byPlace(known, next) === 0
      instead.set(known, stays ? next : undefined)
      if (next && !stays) added.push(next)
    }
    if (instead.size === 0) return this as unknown as Lines
    const kept = this.chunks[0]!.flatMap((entry) => (instead.has(entry) ? (instead.get(entry) ?? []) : entry))
    return new PlainLines([...kept, ...added].toSorted(byPlace), this.shown) as unknown as Lines
  }
}

export const plainNoLines = /* @__PURE__ */ new PlainLines([])
