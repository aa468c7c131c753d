import { answers } from './answers.ts'
import { pick } from '../types/pick.ts'
import type { PromptStatus } from '../types/types.ts'
import type { Answer, Fate, FateEvent, Fates, Hint } from './fates.ts'

/** How many cancelling clients are kept: only the asker can cancel, but strangers may try under many names. */
const MAX_CANCELS = 100

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
    case 'cancel':
      return withCancel(fate, event.clientId)
    case 'hint':
      return withHint(fate, event)
    default:
      return answers.after(fate, event)
  }
}

/**
 * What became of a prompt: an answer counts for most, then that its sender cancelled it, then what its agent said of
 * it, then what the application keeps.
 */
function outcomeOf(
  prompt: Parameters<Fates['outcomeOf']>[0],
  { answers: known, cancels, hint }: Fate,
): ReturnType<Fates['outcomeOf']> {
  for (const status of known.length > 0 ? precedence : [])
    for (const answer of known)
      if (byAnswer[answer.status] === status) return { status, responseId: answer.id }
  if (cancels.includes(prompt.clientId ?? '')) return { status: 'stopped' }
  if (hint) return pick(hint, ['status', 'responseId'])
  return { status: prompt.status ?? 'sent' }
}

/** Tracks the fates of prompts. */
export const fates: Fates = { ...answers, after, outcomeOf }
