import { same } from '../types/same.ts'
import type { MessageRef } from '../types/types.ts'
import { Table } from './table.ts'

/** One line of the conversation, and where it stands. */
export interface Entry {
  readonly ref: MessageRef
  readonly serial: string | undefined
  /** Milliseconds since the epoch; 0 while unknown. */
  readonly createdAt: number
  /** Of an answer. */
  readonly promptId?: string | undefined
  /** Of a prompt: its place in the tree (PROTOCOL.md §2.6). */
  readonly parent?: string | null | undefined
  readonly replaces?: string | undefined
  readonly regenerate?: string | undefined
}

/** The lines that show; the same object until they change. The array is made when it is first read. */
export interface MessageList {
  readonly length: number
  readonly last: MessageRef | undefined
  readonly refs: readonly MessageRef[]
}

/** Lines that are kept, and copied, together: few enough to copy, many enough that there are few of them. */
const MAX_CHUNK = 512

export type Chunk = readonly Entry[]

/** A name that no other line has. An answer's is its id, mostly, so that it is not stored twice. */
export const keyOf = ({ role, id }: MessageRef): string =>
  role === 'user' ? `\u0000${id}` : id < '\u0002' ? `\u0001${id}` : id

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

  find(ref: MessageRef): Entry | undefined {
    return this.#byKey.get(keyOf(ref))
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
    const edits = new Edits(this.chunks)
    let { alternatives } = this
    for (const [key, change] of changes) {
      const known = this.#byKey.get(key)
      const next = known && change ? { ...change, ref: known.ref } : change
      if (known === next || (known && next && same(next, known))) {
        changes.delete(key)
        continue
      }
      if (next !== change) changes.set(key, next)
      alternatives += alternativesIn(next) - alternativesIn(known)
      edits.change(known, next)
    }
    if (changes.size === 0) return this
    const { chunks, alike } = edits.apply()
    const shown = alike ? this.shown : new Shown(chunks)
    return new Lines(chunks, shown, alternatives, this.#byKey.with(changes))
  }
}

const alternativesIn = (entry: Entry | undefined): number =>
  entry && (entry.replaces !== undefined || entry.regenerate !== undefined) ? 1 : 0

/** The refs of chunks. A chunk's own are made once, however many lists share it. */
class Shown implements MessageList {
  readonly length: number
  readonly #chunks: readonly Chunk[]
  #refs: readonly MessageRef[] | undefined

  constructor(chunks: readonly Chunk[]) {
    this.#chunks = chunks
    this.length = chunks.reduce((sum, chunk) => sum + chunk.length, 0)
  }

  get last(): MessageRef | undefined {
    return this.#chunks.at(-1)?.at(-1)?.ref
  }

  get refs(): readonly MessageRef[] {
    return (this.#refs ??= ([] as MessageRef[]).concat(...this.#chunks.map(refsOf)))
  }
}

const knownRefs = new WeakMap<Chunk, MessageRef[]>()

function refsOf(chunk: Chunk): MessageRef[] {
  let refs = knownRefs.get(chunk)
  if (!refs) knownRefs.set(chunk, (refs = chunk.map((entry) => entry.ref)))
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
  readonly added: Entry[]
}

/** Changes to lines, chunk by chunk. */
class Edits {
  readonly #chunks: readonly Chunk[]
  readonly #byChunk = new Map<number, Edit>()

  constructor(chunks: readonly Chunk[]) {
    this.#chunks = chunks
  }

  change(known: Entry | undefined, next: Entry | undefined): void {
    const stays = known !== undefined && next !== undefined && byPlace(known, next) === 0
    if (known) this.#of(this.#chunkOf(known)).instead.set(known, stays ? next : undefined)
    if (next && !stays) this.#of(this.#chunkFor(next)).added.push(next)
  }

  /** `alike`: the same lines show in the same order. */
  apply(): { chunks: Chunk[]; alike: boolean } {
    const chunks: Chunk[] = []
    let alike = true
    this.#chunks.forEach((chunk, i) => {
      const edit = this.#byChunk.get(i)
      if (!edit) return void chunks.push(chunk)
      const next = merge(chunk, edit)
      alike &&= next.length === chunk.length && next.every((entry, j) => entry.ref === chunk[j]!.ref)
      split(next, i === this.#chunks.length - 1, chunks)
    })
    if (this.#chunks.length > 0) return { chunks, alike }
    split(merge([], this.#of(0)), true, chunks)
    return { chunks, alike: chunks.length === 0 }
  }

  #of(index: number): Edit {
    let edit = this.#byChunk.get(index)
    if (!edit) this.#byChunk.set(index, (edit = { instead: new Map(), added: [] }))
    return edit
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

function merge(chunk: Chunk, { instead, added }: Edit): Entry[] {
  const next =
    instead.size === 0
      ? chunk.slice()
      : chunk.flatMap((entry) => (instead.has(entry) ? (instead.get(entry) ?? []) : entry))
  if (added.length === 0) return next
  added.sort(byPlace)
  let at = firstIndex(next, (entry) => byPlace(entry, added[0]!) > 0)
  const rest = next.splice(at)
  at = 0
  for (const entry of added) {
    while (at < rest.length && byPlace(rest[at]!, entry) <= 0) next.push(rest[at++]!)
    next.push(entry)
  }
  while (at < rest.length) next.push(rest[at++]!)
  return next
}

/** The last chunk is filled to its end, since most lines are added there; others are parted evenly. */
function split(entries: Entry[], isLast: boolean, into: Chunk[]): void {
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

/** By serial if both have one, else by time; lines that are not on the channel yet come last. */
function byPlace(a: Entry, b: Entry): number {
  if (a.serial !== undefined && b.serial !== undefined)
    return a.serial < b.serial ? -1 : a.serial > b.serial ? 1 : 0
  return (a.createdAt || Infinity) - (b.createdAt || Infinity) || 0
}
