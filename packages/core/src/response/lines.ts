import type { MessageRef } from '../types/types.ts'
import { alternativesIn, byPlace, isSame, keyOf, refOf } from './entry.ts'
import type { Entry } from './entry.ts'
import { Table } from './table.ts'

/** The lines that show; the same object until they change. The array is made when it is first read. */
export interface MessageList {
  readonly length: number
  readonly last: MessageRef | undefined
  readonly refs: readonly MessageRef[]
}

/** Lines that are kept, and copied, together: few enough to copy, many enough that there are few of them. */
const MAX_CHUNK = 512

export type Chunk = readonly Entry[]

/**
 * The lines of a conversation in order. Immutable: a change makes a new list, which shares with this one all chunks
 * but those that it changes.
 */
export class Lines {
  readonly chunks: readonly Chunk[]
  readonly shown: MessageList
  /** How many prompts are alternatives to others: without any, every line shows. */
  readonly alternatives: number
  readonly #byKey: Table<Entry>

  constructor(chunks: readonly Chunk[], shown: MessageList, alternatives: number, byKey: Table<Entry>) {
    this.chunks = chunks
    this.shown = shown
    this.alternatives = alternatives
    this.#byKey = byKey
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

  /** How many leading lines these surely share with another list. */
  shares({ chunks }: Lines): number {
    let shared = 0
    for (let i = 0; i < chunks.length && chunks[i] === this.chunks[i]; i++) shared += chunks[i]!.length
    return shared
  }

  /** The lines from the one at `index` on. */
  *from(index: number): Iterable<Entry> {
    let at = index
    for (const chunk of this.chunks) {
      for (; at < chunk.length; at++) yield chunk[at]!
      at -= chunk.length
    }
  }

  /**
   * The lines after some changes, by key; `undefined` takes a line out. A line that moves keeps its `ref`. The changes
   * belong to the lines from then on.
   */
  with(changes: Map<string, Entry | undefined>): Lines {
    if (changes.size === 0) return this
    example ??= new Edits(none)
    const edits = this.#edits(changes)
    if (changes.size === 0) return this
    const { chunks, alike } = edits.apply()
    const shown = alike ? this.shown : new Shown(chunks)
    return new Lines(chunks, shown, this.alternatives + edits.alternatives, this.#byKey.with(changes))
  }

  /** What differs. Leaves in the changes what changes something. */
  #edits(changes: Map<string, Entry | undefined>): Edits {
    const edits = new Edits(this.chunks)
    // The first lines can be thousands, and all are new.
    const first = this.length === 0 ? [...changes.values()] : []
    if (first.length > 0 && first.every(isThere)) edits.added = first
    else for (const [key, next] of changes) if (!edits.take(this.#byKey.get(key), next)) changes.delete(key)
    return edits
  }
}

const none: readonly never[] = Object.freeze([])
const isThere = (entry: Entry | undefined): entry is Entry => entry !== undefined

/** The refs of chunks. A chunk's own are made once, however many lists share it. */
class Shown implements MessageList {
  readonly length: number
  readonly #chunks: readonly Chunk[]
  #refs: readonly MessageRef[] | undefined

  constructor(chunks: readonly Chunk[]) {
    this.#chunks = chunks
    let length = 0
    for (const chunk of chunks) length += chunk.length
    this.length = length
  }

  get last(): MessageRef | undefined {
    const last = this.#chunks.at(-1)?.at(-1)
    return last && refOf(last)
  }

  get refs(): readonly MessageRef[] {
    return (this.#refs ??= ([] as MessageRef[]).concat(...this.#chunks.map(refsOf)))
  }
}

const knownRefs = new WeakMap<Chunk, MessageRef[]>()

function refsOf(chunk: Chunk): MessageRef[] {
  let refs = knownRefs.get(chunk)
  if (!refs) knownRefs.set(chunk, (refs = chunk.map(refOf)))
  return refs
}

export const noLines = /* @__PURE__ */ new Lines(
  [],
  /* @__PURE__ */ new Shown([]),
  0,
  /* @__PURE__ */ new Table(),
)

/** What is changed in one chunk. */
interface Edit {
  /** By the line that was there. */
  readonly instead: Map<Entry, Entry | undefined>
  /** In order. */
  added: readonly Entry[]
}

/** Others live for one change: while one is left, V8 keeps the code that knows them. */
let example: Edits | undefined

/** Changes to lines, chunk by chunk. */
class Edits {
  readonly #chunks: readonly Chunk[]
  readonly #byChunk = new Map<number, Edit>()
  /** New lines. Most come in order. */
  added: Entry[] = []
  /** How many alternatives more there are. */
  alternatives = 0

  constructor(chunks: readonly Chunk[]) {
    this.#chunks = chunks
  }

  /** Returns whether a line changes. */
  take(known: Entry | undefined, next: Entry | undefined): boolean {
    if (known === next || (known && next && isSame(next, known))) return false
    if (known) this.#change(known, next)
    else this.added.push(next!)
    return true
  }

  #change(known: Entry, next: Entry | undefined): void {
    this.alternatives -= alternativesIn(known)
    if (next) next.ref = refOf(known)
    const stays = next !== undefined && byPlace(known, next) === 0
    this.#of(this.#chunkOf(known)).instead.set(known, stays ? next : undefined)
    if (next && !stays) this.added.push(next)
    else if (next) this.alternatives += alternativesIn(next)
  }

  /** `alike`: the same lines show in the same order. */
  apply(): { chunks: Chunk[]; alike: boolean } {
    this.alternatives += countAlternatives(this.added)
    this.#place()
    const known = this.#chunks.length > 0 ? this.#chunks : [none]
    // Most changes are at the end.
    const first = Math.min(...this.#byChunk.keys())
    const chunks = known.slice(0, first)
    let alike = true
    for (let i = first; i < known.length; i++) {
      const edit = this.#byChunk.get(i)
      const chunk = known[i]!
      const next = edit ? merge(without(chunk, edit.instead), edit.added) : chunk
      alike &&= next === chunk || isAlike(next, chunk)
      if (edit) split(next, i === known.length - 1, chunks)
      else chunks.push(chunk)
    }
    return { chunks, alike }
  }

  #of(index: number): Edit {
    let edit = this.#byChunk.get(index)
    if (!edit) this.#byChunk.set(index, (edit = { instead: new Map(), added: none }))
    return edit
  }

  /** Parts the added lines among the chunks: many go to one. */
  #place(): void {
    const { added } = this
    sort(added)
    for (let from = 0; from < added.length;) {
      const index = this.#chunkFor(added[from]!)
      const chunk = index === this.#chunks.length - 1 ? undefined : this.#chunks[index]
      let to = from + 1
      if (!chunk) to = added.length
      else while (to < added.length && byPlaceOf(chunk, added[to]!) > 0) to++
      const edit = this.#of(index)
      const part = from === 0 && to === added.length ? added : added.slice(from, to)
      edit.added = edit.added.length === 0 ? part : [...edit.added, ...part]
      from = to
    }
  }

  /** Where a new line goes: before the first that comes after it. */
  #chunkFor(entry: Entry): number {
    const last = Math.max(this.#chunks.length - 1, 0)
    // Most lines go to the end.
    if (byPlaceOf(this.#chunks[last], entry) <= 0) return last
    return firstIndex(this.#chunks, (chunk) => byPlaceOf(chunk, entry) > 0)
  }

  #chunkOf(entry: Entry): number {
    const chunks = this.#chunks
    const index = firstIndex(chunks, (chunk) => byPlaceOf(chunk, entry) >= 0)
    for (let i = index; i < chunks.length; i++) if (chunks[i]!.includes(entry)) return i
    // Serials and times may disagree about the order.
    return chunks.findIndex((chunk) => chunk.includes(entry))
  }
}

/** Most come in order. */
function sort(entries: Entry[]): void {
  let at = 1
  while (at < entries.length && byPlace(entries[at - 1]!, entries[at]!) <= 0) at++
  if (at < entries.length) entries.sort(byPlace)
}

function countAlternatives(entries: Chunk): number {
  let count = 0
  for (let i = 0; i < entries.length; i++) count += alternativesIn(entries[i]!)
  return count
}

function isAlike(a: Chunk, b: Chunk): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i]!.id !== b[i]!.id || a[i]!.role !== b[i]!.role) return false
  return true
}

function without(chunk: Chunk, instead: Edit['instead']): Chunk {
  if (instead.size === 0) return chunk
  return chunk.flatMap((entry) => (instead.has(entry) ? (instead.get(entry) ?? []) : entry))
}

/** A chunk with further lines, both in order. */
function merge(chunk: Chunk, added: readonly Entry[]): Chunk {
  if (added.length === 0) return chunk
  if (chunk.length === 0) return added
  const [first] = added
  // Most come last.
  const isLast = byPlace(chunk.at(-1)!, first!) <= 0
  let at = isLast ? chunk.length : firstIndex(chunk, (entry) => byPlace(entry, first!) > 0)
  const after = chunk[at]
  const isOneRun = after === undefined || byPlace(after, added.at(-1)!) > 0
  // One copy of its exact length: an array that is pushed to makes room for more than there is.
  if (isOneRun && added.length <= MAX_CHUNK) return chunk.toSpliced(at, 0, ...added)
  const next = chunk.slice(0, at)
  for (const entry of added) {
    while (at < chunk.length && byPlace(chunk[at]!, entry) <= 0) next.push(chunk[at++]!)
    next.push(entry)
  }
  while (at < chunk.length) next.push(chunk[at++]!)
  return next
}

/** The last chunk is filled to its end, since most lines are added there; others are parted evenly. */
function split(entries: Chunk, isLast: boolean, into: Chunk[]): void {
  const parts = Math.ceil(entries.length / MAX_CHUNK)
  if (parts <= 1) {
    if (parts === 1) into.push(entries)
    return
  }
  const size = isLast ? MAX_CHUNK : Math.ceil(entries.length / parts)
  for (let at = 0; at < entries.length; at += size) into.push(entries.slice(at, at + size))
}

/** Index of the first that passes, of a list in which all after one that passes do. */
function firstIndex<T>(list: readonly T[], passes: (one: T) => boolean): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (passes(list[middle]!)) high = middle
    else low = middle + 1
  }
  return low
}

/** Where the end of a chunk stands to a line. */
const byPlaceOf = (chunk: Chunk | undefined, entry: Entry): number =>
  chunk ? byPlace(chunk.at(-1)!, entry) : 0
