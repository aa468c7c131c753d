import { byPlace, PromptLine } from './entry.ts'
import type { Entry } from './entry.ts'
import type { Answer, Fate, FateEvent, Fates } from './fates.ts'

/** How many answers of a prompt are kept, oldest first: an agent may name it in any number of responses. */
const MAX_ANSWERS = 100

function withAnswer(
  fate: Fate,
  { id, status, serial = '' }: Omit<Answer, 'serial'> & { serial?: string | undefined },
): Fate {
  if (fate.answers.length === 0) return { ...fate, answers: [{ id, status, serial }] }
  const known = fate.answers.find((answer) => answer.id === id)
  if (known?.status === status && known.serial === serial) return fate
  const answers = [...withoutAnswer(fate, id).answers, { id, status, serial }]
  answers.sort((a, b) => (a.serial < b.serial ? -1 : 1))
  return { ...fate, answers: answers.slice(0, MAX_ANSWERS) }
}

function withoutAnswer(fate: Fate, id: string): Fate {
  const answers = fate.answers.filter((answer) => answer.id !== id)
  return answers.length === fate.answers.length ? fate : { ...fate, answers }
}

function after(fate: Fate, event: FateEvent): Fate {
  if (event.type === 'response') return withAnswer(fate, event.response)
  return event.type === 'forgotten' ? withoutAnswer(fate, event.id) : fate
}

/** A prompt that comes after an answer to it stands right before the first one (PROTOCOL.md §2.6). */
function place(entry: Entry, { answers }: Fate, lines: Parameters<Fates['place']>[2]): Entry {
  let first: Entry | undefined
  for (const answer of answers) {
    const line = lines.lineOf(answer)
    if (line && (!first || byPlace(line, first) < 0)) first = line
  }
  if (!first || byPlace(entry, first) <= 0) return entry
  return new PromptLine(entry.id, first.serial, first.createdAt, entry, 1)
}

/** Tracks the answers of prompts, and no more: each prompt keeps the status that it was told with. */
export const answers: Fates = { after, place, outcomeOf: ({ status = 'sent' }) => ({ status }) }
