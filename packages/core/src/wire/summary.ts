import { CITATIONS } from '../protocol/names.ts'
import type { Read, Readers } from './read.ts'
import { SUMMARY } from './read.ts'
import { fields, none, readMeta } from './fields.ts'

/** Emits a summary if the message has one, even if nothing is cited any more. */
const readSummary: Read = (message, _, emit) => {
  const cited = fields(fields(message.annotations).summary)[CITATIONS]
  if (cited === undefined) return
  const totals = Object.entries(fields(cited)).map(([name, entry]) => [name, fields(entry).total] as const)
  // Unlike assignments, entries may have any name, such as `__proto__`.
  const counts = Object.fromEntries(totals.filter(isSome))
  emit({ ...readMeta(message, none), type: 'summary', counts })
}

const isSome = (entry: readonly [string, unknown]): entry is [string, number] =>
  typeof entry[1] === 'number' && entry[1] > 0

/** How often each source of a message is cited. */
export const summaryReaders: Readers = { [SUMMARY]: readSummary }
