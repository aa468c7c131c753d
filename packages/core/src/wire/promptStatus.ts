import { MessageName } from '../protocol/names.ts'
import { bodyOf, readMeta, string } from './fields.ts'
import type { Read, Readers } from './read.ts'

/** A cancel that names a prompt; the reader has no use for others. */
const readCancel: Read = (message, headers, emit) => {
  const meta = readMeta(message, headers)
  if (meta.promptId !== undefined) emit({ ...meta, type: 'cancel' })
}

const statuses = ['queued', 'steered', 'ignored', 'failed'] as const

const readPromptStatus: Read = (message, headers, emit) => {
  const meta = readMeta(message, headers)
  const { status, responseId } = bodyOf(message)
  const known = statuses.find((one) => one === status)
  if (!known || meta.promptId === undefined) throw new Error('it names no prompt, or no known status')
  emit({ ...meta, type: 'prompt-status', status: known, responseId: string(responseId) ?? meta.responseId })
}

/** What becomes of prompts, as clients and agents say. */
export const promptStatusReaders: Readers = {
  [MessageName.Cancel]: readCancel,
  [MessageName.PromptStatus]: readPromptStatus,
}
