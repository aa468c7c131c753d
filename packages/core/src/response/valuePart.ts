import type { DataEvent, SourceEvent } from '../protocol/event.ts'
import { OpenPart } from './part.ts'
import type { AnyPart } from './part.ts'
import type { PartKind } from './partKind.ts'

/** A source or application data: whole in one message, replaced by a newer version. */
class OpenValue extends OpenPart {
  #version = ''
  #event: SourceEvent | DataEvent | undefined

  apply(event: SourceEvent | DataEvent): boolean {
    if (event.version <= this.#version) return false
    this.#version = event.version
    this.#event = event
    return (this.dirty = true)
  }

  protected override show(): AnyPart | undefined {
    const event = this.#event
    if (event?.type === 'source') return { id: this.id, type: 'source-url', ...event.source }
    if (event?.type === 'data' && !event.deleted)
      return { id: this.id, type: `data-${event.name}`, data: event.data }
    return undefined
  }
}

/** Sources and application data. */
export const valueKind: PartKind<SourceEvent | DataEvent> = {
  apply(event, parts) {
    const id = event.part ?? (event.type === 'source' ? event.source.sourceId : event.serial)
    const part = parts.get(id, () => new OpenValue(id, event.serial))
    if (!part.row) return part instanceof OpenValue && part.apply(event)
    // A row's copy gives way to what the channel says now.
    const value = new OpenValue(id, part.serial)
    value.apply(event)
    parts.drop(part)
    parts.add(value)
    return true
  },
}
