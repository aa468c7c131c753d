import type { FileEvent, ValueRef } from '../protocol/event.ts'
import type { ProviderMetadata } from '../types/types.ts'
import { Header, MessageName } from '../protocol/names.ts'
import type { Read, Readers } from './read.ts'
import { bodyOf, checkText, decoded, fields, none, readMeta, stamp, string, text, valueOf } from './fields.ts'
import type { Fields } from './fields.ts'

/** A message's reference to a value in pieces, if it has one (PROTOCOL.md §1.5). */
export function valueRef(headers: Fields): ValueRef | undefined {
  const id = string(headers[Header.Value])
  if (id === undefined) return undefined
  const length = stamp(headers[Header.Length])
  const checksum = string(headers[Header.Checksum])
  if (length === undefined || checksum === undefined)
    throw new Error('its value has no length or no checksum')
  return { id, length, checksum }
}

const readPiece: Read = (message, headers, emit) => {
  const id = string(headers[Header.Value])
  const end = stamp(headers[Header.End])
  if (id === undefined || end === undefined) throw new Error('it has no header value or no stamp')
  const toolCallId = string(headers[Header.ToolCallId])
  const piece = text(message)
  checkText(piece, message)
  emit({ ...readMeta(message, headers), type: 'value', id, text: piece, end, toolCallId })
}

const readSource: Read = (message, headers, emit) => {
  const data = bodyOf(message)
  if (typeof data.url !== 'string') throw new Error('its data has no url')
  const meta = readMeta(message, headers)
  const sourceId = string(data.sourceId) ?? meta.part ?? meta.serial
  emit({ ...meta, type: 'source', source: { ...data, sourceId, url: data.url, ...metadataIn(data) } })
}

const readDocument: Read = (message, headers, emit) => {
  const data = bodyOf(message)
  const { mediaType, title } = data
  if (typeof mediaType !== 'string' || typeof title !== 'string')
    throw new Error('its data has no mediaType or no title')
  const meta = readMeta(message, headers)
  const sourceId = string(data.sourceId) ?? meta.part ?? meta.serial
  emit({ ...meta, type: 'document', document: { ...data, sourceId, mediaType, title, ...metadataIn(data) } })
}

const readFile: Read = (message, headers, emit) => {
  const data = bodyOf(message)
  const { mediaType, url, filename, reasoning } = data
  const value = valueRef(headers)
  if (typeof mediaType !== 'string' || (typeof url !== 'string' && !value))
    throw new Error('its data has no mediaType or no url')
  const file: FileEvent['file'] = { mediaType, url: typeof url === 'string' ? url : '', ...metadataIn(data) }
  if (typeof filename === 'string') file.filename = filename
  if (reasoning === true) file.reasoning = true
  emit({ ...readMeta(message, headers), type: 'file', file, value })
}

const readCustom: Read = (message, headers, emit) => {
  const data = bodyOf(message)
  const { kind } = data
  if (typeof kind !== 'string') throw new Error('its data has no kind')
  emit({ ...readMeta(message, headers), type: 'custom', custom: { kind, ...metadataIn(data) } })
}

/** What the provider wants to see again; anything but an object is none. */
function metadataIn({ providerMetadata }: Fields): { providerMetadata?: ProviderMetadata } {
  const given = fields(providerMetadata)
  return given === none ? {} : { providerMetadata: given as ProviderMetadata }
}

const readData: Read = (message, headers, emit) => {
  const meta = readMeta(message, headers)
  emit({
    ...meta,
    type: 'data',
    name: message.name!.slice(MessageName.DataPrefix.length),
    data: valueOf(decoded(message), meta.strict),
    deleted: message.action === 'message.delete',
    value: valueRef(headers),
  })
}

const readTransient: Read = (message, headers, emit) => {
  const name = message.name!.slice(MessageName.TransientPrefix.length)
  const meta = readMeta(message, headers)
  emit({ ...meta, type: 'transient', name, data: valueOf(decoded(message), meta.strict) })
}

/** Sources, documents, files and application data. */
export const valueReaders: Readers = {
  [MessageName.Source]: readSource,
  [MessageName.SourceDocument]: readDocument,
  [MessageName.File]: readFile,
  [MessageName.Custom]: readCustom,
  [MessageName.DataPrefix]: readData,
  [MessageName.TransientPrefix]: readTransient,
}

/** Pieces of values that outgrew a message. */
export const pieceReaders: Readers = { [MessageName.Value]: readPiece }
