import { Header, MessageName } from '../protocol/names.ts'
import { checkText, readMeta, stamp, text } from './fields.ts'
import type { Read, Readers } from './read.ts'

const readPromptText: Read = (message, headers, emit) => {
  const meta = readMeta(message, headers)
  const end = stamp(headers[Header.End])
  if (meta.promptId === undefined || end === undefined)
    throw new Error('it has no header promptId or no stamp')
  const piece = text(message)
  checkText(piece, message)
  emit({ ...meta, type: 'prompt-text', id: meta.promptId, text: piece, end })
}

/** Texts of prompts in pieces. */
export const promptTextReaders: Readers = { [MessageName.PromptText]: readPromptText }
