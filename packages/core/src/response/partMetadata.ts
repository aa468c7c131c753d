import type { PartMetadataEvent } from '../protocol/event.ts'
import type { PartKind } from './partKind.ts'
import { OpenText } from './textPart.ts'

/** The provider's metadata of text and reasoning parts; it may come before or after them. */
export const partMetadataKind: PartKind<PartMetadataEvent> = {
  apply({ part: id, version, providerMetadata }, parts) {
    const known = (parts.metadata ??= new Map())
    if (id === undefined || (known.get(id)?.version ?? '') >= version) return false
    known.set(id, { version, providerMetadata: providerMetadata as never })
    const part = parts.find(id)
    if (!(part instanceof OpenText)) return false
    part.providerMetadata = providerMetadata as never
    return (part.dirty = true)
  },
}
