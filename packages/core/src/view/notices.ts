import type { SessionState } from '../session/state.ts'
import type { ResponseState } from '../types/types.ts'
import { missingIn } from './segments.ts'

export type Tone = 'neutral' | 'good' | 'busy' | 'warning' | 'error'

/** Something that a person should know about a response. The application chooses the words. */
export interface Notice {
  readonly reason:
    /** Text is missing; `characters` is the number missing, if known. */
    | 'gap'
    /** Missing text has come: `characters` is its length. */
    | 'healed'
    /** The text is verified as the model's output. */
    | 'verified'
    /** The model reached its limit before the end. */
    | 'length'
    /** The provider ended the answer. */
    | 'content-filter'
    /** The response waits for a person. */
    | 'suspended'
    | 'stopped'
    /** The agent left before the end. */
    | 'interrupted'
    /** The agent ended the response with an error; `message` is its reason, if given. */
    | 'error'
  readonly tone: Tone
  /** UTF-16 code units. */
  readonly characters?: number | undefined
  readonly message?: string | undefined
}

/** The notices for a response, often none, in the order of the reasons above. */
export function noticesOf(
  response: Pick<
    ResponseState,
    'status' | 'gaps' | 'hasGap' | 'healed' | 'verified' | 'finishReason' | 'error'
  >,
): readonly Notice[] {
  const { status, gaps, hasGap, healed, verified, finishReason, error } = response
  const notices: Notice[] = []
  if (hasGap) notices.push({ reason: 'gap', tone: 'warning', characters: missingIn(gaps) })
  else if (healed !== undefined) notices.push({ reason: 'healed', tone: 'good', characters: healed })
  if (verified && status === 'complete') notices.push({ reason: 'verified', tone: 'good' })
  if (finishReason === 'length' || finishReason === 'content-filter')
    notices.push({ reason: finishReason, tone: 'warning' })
  if (status === 'suspended' || status === 'stopped') notices.push({ reason: status, tone: 'neutral' })
  if (status === 'interrupted') notices.push({ reason: status, tone: 'warning' })
  if (status === 'error') notices.push({ reason: status, tone: 'error', message: error?.message })
  return notices
}

/** The state of the connection: the session's status, or that the past is being read. */
export interface ConnectionNotice {
  readonly reason: SessionState['status'] | 'catching-up'
  readonly tone: Tone
}

const tones = {
  connecting: 'busy',
  live: 'good',
  disconnected: 'busy',
  suspended: 'warning',
  failed: 'error',
  closed: 'neutral',
} as const

/** A session's connection state, as a reason and a tone. The application chooses the words. */
export function connectionNotice({
  status,
  hydration,
}: Pick<SessionState, 'status' | 'hydration'>): ConnectionNotice {
  if (status === 'live' && hydration === 'running') return { reason: 'catching-up', tone: 'busy' }
  return { reason: status, tone: tones[status] }
}
