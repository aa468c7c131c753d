import type { PromptEvent } from '../protocol/event.ts'
import { MessageName } from '../protocol/names.ts'
import type { PromptPart } from '../types/types.ts'
import type { Read, Readers } from './read.ts'
import { fields, json, none, readMeta, stamp, string } from './fields.ts'
import type { Fields } from './fields.ts'

const readPrompt: Read = (message, headers, emit) => {
  const meta = readMeta(message, headers)
  const body = fields(json(message.data))
  const said = body === none ? message.data : body.text
  if (typeof said !== 'string') throw new Error('its data has no text')
  const { promptId, text: _, parent, replaces, regenerate, parts, metadata, length, checksum, ...data } = body
  const event: PromptEvent = {
    ...meta,
    type: 'prompt',
    id: string(promptId) ?? meta.promptId ?? meta.serial,
    text: said,
    parent: parent === null ? null : string(parent),
    replaces: string(replaces),
    regenerate: string(regenerate),
    parts: Array.isArray(parts) ? parts.flatMap((part, i) => promptPart(part, i) ?? []) : [],
    metadata,
    data: Object.keys(data).length > 0 ? data : undefined,
  }
  const whole = stamp(length)
  const sum = string(checksum)
  if (whole !== undefined && sum !== undefined) event.whole = { length: whole, checksum: sum }
  emit(event)
}

/** A file or data part of a prompt; other values are skipped. */
function promptPart(value: unknown, index: number): PromptPart | undefined {
  const part: Fields = fields(value)
  const id = string(part.id) ?? String(index)
  const type = string(part.type)
  if (type === 'file' && typeof part.url === 'string' && typeof part.mediaType === 'string')
    return { ...part, id, type, url: part.url, mediaType: part.mediaType }
  if (type?.startsWith(MessageName.DataPrefix))
    return { ...part, id, type: type as `data-${string}`, data: part.data }
  if (type === 'text' && typeof part.text === 'string') return { id, type, text: part.text, state: 'done' }
  return undefined
}

/** Prompts of users. */
export const promptReaders: Readers = {
  [MessageName.UserInput]: readPrompt,
}
