import { MessageName } from '../protocol/names.ts'
import type { Read, Readers } from './read.ts'
import { fields, json, readMeta, string } from './fields.ts'

const readSource: Read = (message, headers, emit) => {
  const data = fields(json(message.data))
  if (typeof data.url !== 'string') throw new Error('its data has no url')
  const meta = readMeta(message, headers)
  const sourceId = string(data.sourceId) ?? meta.part ?? meta.serial
  emit({ ...meta, type: 'source', source: { ...data, sourceId, url: data.url } })
}

const readData: Read = (message, headers, emit) => {
  emit({
    ...readMeta(message, headers),
    type: 'data',
    name: message.name!.slice(MessageName.DataPrefix.length),
    data: json(message.data),
    deleted: message.action === 'message.delete',
  })
}

/** Sources and application data. */
export const valueReaders: Readers = {
  [MessageName.Source]: readSource,
  [MessageName.DataPrefix]: readData,
}
