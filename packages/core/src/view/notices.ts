import type { SessionState } from '../session/state.ts'
import type { ResponseState } from '../types/types.ts'
import { missingIn } from './segments.ts'

export type Tone = 'neutral' | 'good' | 'busy' | 'warning' | 'error'

/** Something that a person should know about a response. The words are the application's. */
export interface Notice {
  readonly reason:
    /** Text is missing; `characters` is how much, where that is known. */
    | 'gap'
    /** Text was missing, and has come: `characters`. */
    | 'healed'
    /** The text is what the model said. */
    | 'verified'
    /** The model reached its limit before the end. */
    | 'length'
    /** The provider ended the answer. */
    | 'content-filter'
    /** It waits for a person. */
    | 'suspended'
    | 'stopped'
    /** Its agent left before the end. */
    | 'interrupted'
    /** The agent gave up; `message` tells why, where it said so. */
    | 'error'
  readonly tone: Tone
  /** UTF-16 code units. */
  readonly characters?: number | undefined
  readonly message?: string | undefined
}

/** What a person should know about a response, most of the time nothing. In the order of the reasons above. */
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

/** How the connection is: the session's status, or that the past is being read. */
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

/** How the connection of a session is, as a reason and a tone. The words are the application's. */
export function connectionNotice({
  status,
  hydration,
}: Pick<SessionState, 'status' | 'hydration'>): ConnectionNotice {
  if (status === 'live' && hydration === 'running') return { reason: 'catching-up', tone: 'busy' }
  return { reason: status, tone: tones[status] }
}
