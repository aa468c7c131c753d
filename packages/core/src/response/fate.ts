import type { PromptStatus, ResponseState } from '../types/types.ts'

/** What an agent says of a prompt without answering it (PROTOCOL.md §2.5). */
export interface Hint {
  readonly status: PromptStatus
  readonly responseId: string | undefined
  /** The newest counts. */
  readonly version: string
}

interface Answer {
  readonly id: string
  readonly status: ResponseState['status']
  readonly serial: string
}

/** What is known of what became of a prompt, in whatever order it was learnt. */
export interface Fate {
  /** In the order of their serials. */
  readonly answers: readonly Answer[]
  /** Clients that asked to cancel it. */
  readonly cancels: readonly string[]
  readonly hint: Hint | undefined
}

export const noFate: Fate = Object.freeze({ answers: [], cancels: [], hint: undefined })

/** Answers that are kept, the oldest: an agent may name one prompt in any number of responses. */
const MAX_ANSWERS = 100

/** Clients that are kept: only the one that asked can cancel, and strangers may try under any number of names. */
const MAX_CANCELS = 100

export function withAnswer(
  fate: Fate,
  { id, status, serial = '' }: Pick<ResponseState, 'id' | 'status' | 'serial'>,
): Fate {
  const known = fate.answers.find((answer) => answer.id === id)
  if (known?.status === status && known.serial === serial) return fate
  const answers = [...withoutAnswer(fate, id).answers, { id, status, serial }]
  answers.sort((a, b) => (a.serial < b.serial ? -1 : 1))
  return { ...fate, answers: answers.slice(0, MAX_ANSWERS) }
}

export function withoutAnswer(fate: Fate, id: string): Fate {
  const answers = fate.answers.filter((answer) => answer.id !== id)
  return answers.length === fate.answers.length ? fate : { ...fate, answers }
}

export function withCancel(fate: Fate, clientId = ''): Fate {
  if (fate.cancels.includes(clientId) || fate.cancels.length >= MAX_CANCELS) return fate
  return { ...fate, cancels: [...fate.cancels, clientId] }
}

export function withHint(fate: Fate, { status, responseId, version }: Hint): Fate {
  return version <= (fate.hint?.version ?? '') ? fate : { ...fate, hint: { status, responseId, version } }
}

/** What an answer makes of its prompt. */
const byAnswer: Record<ResponseState['status'], PromptStatus> = {
  complete: 'answered',
  streaming: 'answering',
  interrupted: 'answering',
  suspended: 'answering',
  stopped: 'stopped',
  error: 'failed',
}

/** Which counts, where there are several answers. */
const precedence: readonly PromptStatus[] = ['answered', 'answering', 'stopped', 'failed']

/**
 * What became of a prompt: an answer counts for most, then that its sender cancelled it, then what its agent said of
 * it, then what the application keeps.
 */
export function fateOf(
  prompt: { readonly clientId?: string | undefined; readonly status?: PromptStatus | undefined },
  { answers, cancels, hint }: Fate,
): { status: PromptStatus; responseId?: string } {
  for (const status of precedence) {
    const answer = answers.find((one) => byAnswer[one.status] === status)
    if (answer) return { status, responseId: answer.id }
  }
  if (cancels.includes(prompt.clientId ?? '')) return { status: 'stopped' }
  if (hint)
    return { status: hint.status, ...(hint.responseId !== undefined && { responseId: hint.responseId }) }
  return { status: prompt.status ?? 'sent' }
}
