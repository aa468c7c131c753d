import type { PromptEvent } from '../protocol/event.ts'
import { MessageName } from '../protocol/names.ts'
import { promptFields } from '../protocol/promptFields.ts'
import type { Read, Readers } from './read.ts'
import { bodyOf, none, readMeta, stamp, string } from './fields.ts'

const readPrompt: Read = (message, headers, emit) => {
  const meta = readMeta(message, headers)
  const body = bodyOf(message)
  const said = body === none ? message.data : body.text
  if (typeof said !== 'string') throw new Error('its data has no text')
  const { promptId, text: _, parent, replaces, regenerate, length, checksum, textLength, ...given } = body
  const event: PromptEvent = {
    ...meta,
    type: 'prompt',
    id: string(promptId) ?? meta.promptId ?? meta.serial,
    text: said,
    parent: parent === null ? null : string(parent),
    replaces: string(replaces),
    regenerate: string(regenerate),
    ...promptFields(given),
  }
  const whole = stamp(length)
  const sum = string(checksum)
  if (whole !== undefined && sum !== undefined) {
    const text = stamp(textLength)
    event.whole = { length: whole, checksum: sum, ...(text !== undefined && { text }) }
  }
  emit(event)
}

/** Prompts of users. */
export const promptReaders: Readers = {
  [MessageName.UserInput]: readPrompt,
}
