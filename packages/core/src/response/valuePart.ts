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
  #version: string
  #event: WholeEvent | undefined
  readonly #parts: PartList

  constructor(id: string, serial: string, parts: PartList, version = '') {
    super(id, serial)
    this.#parts = parts
    this.#version = version
  }

  apply(event: WholeEvent): boolean {
    if (event.version <= this.#version) return false
    this.#version = event.version
    this.#event = event
    this.noteEditor(event.version, event.editor)
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

/** Sources, documents, files and application data. */
export const valueKind: PartKind<WholeEvent> = {
  apply(event, parts) {
    const id = idOf(event)
    const part = parts.get(id, () => new OpenValue(id, event.serial, parts))
    const { row } = part
    if (!row) return part instanceof OpenValue && part.apply(event)
    // A later message on the channel replaces the row's copy; the row already has the older ones.
    if (row.version !== undefined && event.version <= row.version) return false
    const value = new OpenValue(id, part.serial, parts, row.version)
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
