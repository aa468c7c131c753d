import { CITATIONS } from '../protocol/names.ts'
import type { Read, Readers } from './read.ts'
import { SUMMARY } from './read.ts'
import { fields, none, readMeta } from './fields.ts'

/** Emits a summary if the message has one, even if nothing is cited any more. */
const readSummary: Read = (message, _, emit) => {
  const cited = fields(fields(message.annotations).summary)[CITATIONS]
  if (cited === undefined) return
  const counts: Record<string, number> = {}
  for (const [name, entry] of Object.entries(fields(cited))) {
    const { total } = fields(entry)
    if (typeof total === 'number' && total > 0) counts[name] = total
  }
  emit({ ...readMeta(message, none), type: 'summary', counts })
}

/** How often each source of a message is cited. */
export const summaryReaders: Readers = { [SUMMARY]: readSummary }
