import type {
  CustomEvent,
  DataEvent,
  DocumentEvent,
  FileEvent,
  SourceEvent,
  ValueEvent,
} from '../protocol/event.ts'
import { OpenPart } from './part.ts'
import type { AnyPart } from './part.ts'
import type { PartKind } from './partKind.ts'
import type { PartList } from './partList.ts'
import { gapsOf, valuesOf } from './values.ts'

type WholeEvent = SourceEvent | DocumentEvent | FileEvent | CustomEvent | DataEvent

/** A source, document, file or application data: whole in one message, replaced by a newer version. */
class OpenValue extends OpenPart {
  readonly kind: WholeEvent['type']
  #version: string
  #event: WholeEvent | undefined
  readonly #parts: PartList

  constructor(id: string, { type, serial }: WholeEvent, parts: PartList, version = '') {
    super(id, serial)
    this.kind = type
    this.#parts = parts
    this.#version = version
  }

  apply(event: WholeEvent): boolean {
    if (event.version <= this.#version) return false
    this.#version = event.version
    this.#event = event
    this.noteEdit(event)
    return (this.dirty = true)
  }

  protected override show(): AnyPart | undefined {
    const event = this.#event
    const ref = event && 'value' in event ? event.value : undefined
    const read = ref && valuesOf(this.#parts).read(ref, this)
    const incomplete = read && 'incomplete' in read ? read.incomplete : undefined
    const value = read && 'value' in read ? read.value : undefined
    this.gaps = gapsOf(this.id, incomplete)
    const rest = incomplete && { incomplete }
    const { id } = this
    switch (event?.type) {
      case 'source':
        return { id, type: 'source-url', ...event.source }
      case 'document':
        return { id, type: 'source-document', ...event.document }
      case 'file': {
        const { reasoning, ...file } = event.file
        const url = typeof value === 'string' ? value : file.url
        return { id, type: reasoning ? 'reasoning-file' : 'file', ...file, url, ...rest }
      }
      case 'custom':
        return { id, type: 'custom', ...event.custom }
      case 'data': {
        const data = ref ? value : event.data
        return event.deleted ? undefined : { id, type: `data-${event.name}`, data, ...rest }
      }
    }
    return undefined
  }
}

function idOf(event: WholeEvent): string {
  if (event.part !== undefined) return event.part
  if (event.type === 'source') return event.source.sourceId
  return event.type === 'document' ? event.document.sourceId : event.serial
}

const KINDS: Readonly<Record<string, WholeEvent['type']>> = {
  'source-url': 'source',
  'source-document': 'document',
  file: 'file',
  'reasoning-file': 'file',
  custom: 'custom',
}

/** Which kind of value a part is, also as a database has it. */
function kindOf(part: OpenPart): string | undefined {
  if (part instanceof OpenValue) return part.kind
  const type = part.row?.type
  return type?.startsWith('data-') ? 'data' : type && KINDS[type]
}

/** Whether one of a row's parts that have no ids of their own says the same: then it is that one. */
function isTold(event: WholeEvent, nameless: readonly OpenPart[], parts: PartList): boolean {
  const value = new OpenValue('', event, parts)
  value.apply(event)
  value.refresh()
  const shown = { ...(value.snapshot as object), id: undefined }
  return nameless.some(({ row }) => says(row, shown))
}

function says(told: unknown, shown: unknown): boolean {
  if (typeof shown !== 'object' || shown === null || typeof told !== 'object' || told === null)
    return Object.is(told, shown)
  const known = told as Readonly<Record<string, unknown>>
  return Object.entries(shown).every(([key, value]) => says(known[key], value))
}

/** Sources, documents, files and application data. */
export const valueKind: PartKind<WholeEvent> = {
  apply(event, parts) {
    const { nameless } = parts
    if (nameless.length > 0 && isTold(event, nameless, parts)) return false
    const is = (part: OpenPart): part is OpenPart => kindOf(part) === event.type && !nameless.includes(part)
    const make = (id: string): OpenPart => new OpenValue(id, event, parts)
    const part = parts.get(idOf(event), event.type, is, make)
    part.number ??= event.part
    const { row } = part
    const moves = event.serial < part.serial
    if (moves) parts.place(part, event.serial)
    if (!row) return (part as OpenValue).apply(event) || moves
    // A later message on the channel replaces the row's copy; the row already has the older ones.
    if (row.version !== undefined && event.version <= row.version) return false
    const value = new OpenValue(part.id, event, parts, row.version)
    value.serial = part.serial
    value.number = part.number
    value.apply(event)
    parts.drop(part)
    parts.add(value)
    return true
  },
}

/** Pieces of values that outgrew a message (PROTOCOL.md §1.5). */
export const pieceKind: PartKind<ValueEvent> = {
  apply: (event, parts) => valuesOf(parts).add(event),
}
