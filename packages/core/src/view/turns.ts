import type { Branch } from '../response/tree.ts'
import type { Session } from '../session/session.ts'
import { sameList } from '../types/same.ts'
import type { MessageRef } from '../types/types.ts'

/** A prompt with its answers, as the conversation shows them. The same object until it changes. */
export interface Turn {
  /** Usable as a list key. */
  readonly id: string
  /** Absent if the response has no prompt, or the prompt is not loaded. */
  readonly promptId: string | undefined
  /** The answers in order. */
  readonly responseIds: readonly string[]
  /** The versions of the prompt; absent if there is only one. */
  readonly promptVersions: Branch | undefined
  /** The prompts that ask for each answer; absent unless another answer was requested. */
  readonly answerVersions: Branch | undefined
  /** The prompt of the visible answer, `promptId` or a regeneration: its status is the answer's. */
  readonly askId: string | undefined
}

type Source = Pick<
  Session,
  'getSnapshot' | 'getResponsePromptId' | 'getBranch' | 'getAnswerBranch' | 'subscribe' | 'selectBranch'
>

/** The turns of a session; see `createTurns`. */
export interface Turns {
  /** The same array until it changes. */
  readonly getSnapshot: () => readonly Turn[]
  readonly subscribe: (listener: () => void) => () => void
  /** Shows another version, on this device: one of `promptVersions.versions` or `answerVersions.versions`. */
  readonly choose: (version: string) => void
}

/** The conversation that a session shows, as prompts with their answers. */
export function createTurns(session: Source): Turns {
  let turns: readonly Turn[] = []
  let lists: readonly (readonly MessageRef[])[] = []
  /** Answers that may still name their prompt. */
  let undecided: readonly string[] = []
  /** Turns with several answers: which is chosen may change and no message with it, while none has begun. */
  let branching: readonly Turn[] = []

  const isCurrent = ({ messages, entries }: ReturnType<Source['getSnapshot']>): boolean =>
    messages === lists[0] &&
    entries === lists[1] &&
    undecided.every((id) => typeof session.getResponsePromptId(id) !== 'string') &&
    branching.every((turn) => session.getAnswerBranch(turn.promptId!) === turn.answerVersions)

  return {
    subscribe: session.subscribe,
    choose: session.selectBranch,
    getSnapshot() {
      const state = session.getSnapshot()
      if (isCurrent(state)) return turns
      const { messages, entries } = state
      lists = [messages, entries]
      undecided = messages.filter((message) => isUndecided(session, message)).map(({ id }) => id)
      turns = shared(turnsOf(session, messages), turns)
      branching = turns.filter(({ answerVersions }) => answerVersions)
      return turns
    },
  }
}

interface Draft {
  readonly id: string
  promptId: string | undefined
  readonly responseIds: string[]
}

function turnsOf(session: Source, messages: readonly MessageRef[]): Turn[] {
  const drafts: Draft[] = []
  const byQuestion = new Map<string, Draft>()
  const begin = (id: string, promptId?: string): Draft => {
    const draft: Draft = { id, promptId, responseIds: [] }
    drafts.push(draft)
    return draft
  }
  for (const { id, role } of messages) {
    if (role === 'user') {
      const answered = byQuestion.get(id)
      if (answered) answered.promptId = id
      else byQuestion.set(id, begin(id, id))
    } else {
      const question = questionOf(session, id)
      let draft = question === undefined ? drafts.at(-1) : byQuestion.get(question)
      if (!draft) draft = begin(question ?? `answer:${id}`)
      if (question !== undefined) byQuestion.set(question, draft)
      draft.responseIds.push(id)
    }
  }
  return drafts.map((draft) => finished(session, draft))
}

/** The prompt that a response answers, directly or as a regeneration; `undefined` if the response names none. */
function questionOf({ getResponsePromptId, getBranch }: Source, responseId: string): string | undefined {
  const promptId = getResponsePromptId(responseId)
  // The first answer belongs to the question itself.
  return typeof promptId !== 'string' ? undefined : (getBranch(responseId)?.versions[0] ?? promptId)
}

function finished({ getBranch, getAnswerBranch }: Source, draft: Draft): Turn {
  const { promptId } = draft
  const answerVersions = promptId === undefined ? undefined : getAnswerBranch(promptId)
  return {
    ...draft,
    promptVersions: promptId === undefined ? undefined : getBranch(promptId),
    answerVersions,
    askId: answerVersions ? answerVersions.versions[answerVersions.index] : promptId,
  }
}

function isUndecided({ getResponsePromptId }: Source, { id, role }: MessageRef): boolean {
  return role === 'assistant' && getResponsePromptId(id) === undefined
}

/** `next`, reusing equal objects of `before`. */
function shared(next: readonly Turn[], before: readonly Turn[]): readonly Turn[] {
  const known = new Map(before.map((turn) => [turn.id, turn]))
  const turns = next.map((turn) => {
    const old = known.get(turn.id)
    return old && alike(turn, old) ? old : turn
  })
  return sameList(turns, before) ? before : turns
}

function alike(a: Turn, b: Turn): boolean {
  return (
    a.promptId === b.promptId &&
    a.askId === b.askId &&
    a.promptVersions === b.promptVersions &&
    a.answerVersions === b.answerVersions &&
    sameList(a.responseIds, b.responseIds)
  )
}
