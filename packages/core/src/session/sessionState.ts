import type { HydrationState } from '../past/ledger.ts'
import type { Member } from './presence.ts'
import type { Gap, MessageRef, ResponseState } from '../types/types.ts'

export type SessionStatus =
  /** Not attached yet, or reading the past for the first time. */
  | 'connecting'
  | 'live'
  /** The connection was lost; Ably is trying to get it back. What is shown stays. */
  | 'disconnected'
  /** Lost for longer than Ably keeps it; still trying. What was missed is read when it is back. */
  | 'suspended'
  /** The channel or connection refuses; see `error`. */
  | 'failed'
  | 'closed'

export interface SessionState {
  readonly status: SessionStatus
  /** The conversation in order. */
  readonly messages: readonly MessageRef[]
  /** `loadOlder()` would find more. */
  readonly hasOlder: boolean
  readonly hydration: HydrationState['status']
  /** Who is on the channel; of a `Reader`, which does not watch that, nobody. */
  readonly agents: readonly Member[]
  readonly users: readonly Member[]
  readonly error: Error | undefined
}

/** What a session shows before it has connected, and on a server, so that the browser begins with the same. */
export const initialState: SessionState = Object.freeze({
  status: 'connecting',
  messages: [],
  hasOlder: false,
  hydration: 'running',
  agents: [],
  users: [],
  error: undefined,
} as const)

/** What is not state: listen with `on`. */
export interface SessionEvents {
  /** Text of a response is known to be missing. */
  gap: [event: { responseId: string; gaps: readonly Gap[] }]
  /** Nothing of it is missing any more. */
  healed: [event: { responseId: string }]
  /** Messages may have been missed; the past is being read. */
  discontinuity: [event: { reason: unknown }]
  /** A response has ended while this session watched. */
  finish: [event: { response: ResponseState; isAbort: boolean; isError: boolean }]
  error: [error: Error]
}
