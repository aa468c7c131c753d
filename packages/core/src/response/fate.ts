import { pick } from '../types/pick.ts'
import type { PromptStatus } from '../types/types.ts'
import type { Answer, Fate, FateEvent, Fates, Hint } from './fates.ts'
import { byPlace, Line } from './entry.ts'
import type { Entry } from './entry.ts'

/** How many answers of a prompt are kept, oldest first: an agent may name it in any number of responses. */
const MAX_ANSWERS = 100

/** How many cancelling clients are kept: only the asker can cancel, but strangers may try under many names. */
const MAX_CANCELS = 100

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

function withCancel(fate: Fate, clientId = ''): Fate {
  if (fate.cancels.includes(clientId) || fate.cancels.length >= MAX_CANCELS) return fate
  return { ...fate, cancels: [...fate.cancels, clientId] }
}

function withHint(fate: Fate, { status, responseId, version }: Hint): Fate {
  return version <= (fate.hint?.version ?? '') ? fate : { ...fate, hint: { status, responseId, version } }
}

/** What an answer makes of its prompt. */
const byAnswer: Record<Answer['status'], PromptStatus> = {
  complete: 'answered',
  streaming: 'answering',
  interrupted: 'answering',
  suspended: 'answering',
  stopped: 'stopped',
  error: 'failed',
}

/** Which counts, where there are several answers. */
const precedence: readonly PromptStatus[] = ['answered', 'answering', 'stopped', 'failed']

/** The fields that an event adds. */
function after(fate: Fate, event: FateEvent): Fate {
  switch (event.type) {
    case 'response':
      return withAnswer(fate, event.response)
    case 'forgotten':
      return withoutAnswer(fate, event.id)
    case 'cancel':
      return withCancel(fate, event.clientId)
    case 'hint':
      return withHint(fate, event)
  }
}

/**
 * What became of a prompt: an answer counts for most, then that its sender cancelled it, then what its agent said of
 * it, then what the application keeps.
 */
function outcomeOf(
  prompt: Parameters<Fates['outcomeOf']>[0],
  { answers, cancels, hint }: Fate,
): ReturnType<Fates['outcomeOf']> {
  for (const status of answers.length > 0 ? precedence : [])
    for (const answer of answers)
      if (byAnswer[answer.status] === status) return { status, responseId: answer.id }
  if (cancels.includes(prompt.clientId ?? '')) return { status: 'stopped' }
  if (hint) return pick(hint, ['status', 'responseId'])
  return { status: prompt.status ?? 'sent' }
}

/** A prompt that comes after an answer to it stands right before the first one (PROTOCOL.md §2.6). */
function place(entry: Entry, { answers }: Fate, lines: Parameters<Fates['place']>[2]): Entry {
  let first: Entry | undefined
  for (const answer of answers) {
    const line = lines.lineOf(answer)
    if (line && (!first || byPlace(line, first) < 0)) first = line
  }
  if (!first || byPlace(entry, first) <= 0) return entry
  const { id, role, parent, replaces, regenerate } = entry
  return new Line(id, role, first.serial, first.createdAt, undefined, parent, replaces, regenerate, 1)
}

/** Tracks the fates of prompts. */
export const fates: Fates = { after, place, outcomeOf }
