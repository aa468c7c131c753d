import type { HydrationState } from '../past/ledger.ts'
import type { MessageList } from '../response/lines.ts'
import type { RejoinError } from '../types/errors.ts'
import type { MessageRef } from '../types/types.ts'

export type SessionStatus =
  /** Not attached yet, or reading the past for the first time. */
  | 'connecting'
  | 'live'
  /**
   * The connection was lost, or could not be made yet, and Ably is connecting again. Snapshots stay as they are; `error`
   * says why it could not be made.
   */
  | 'disconnected'
  /** Lost for longer than Ably can resume. Ably still tries; missed messages are read after it reconnects. */
  | 'suspended'
  /** The channel or connection refuses; see `error`. */
  | 'failed'
  | 'closed'

/** Someone on the channel: one per client, however many devices they have. */
export interface Member {
  readonly clientId: string
  /** Number of this client's connections (devices, tabs) that are present. */
  readonly connections: number
  /** This client's newest presence data. */
  readonly data: unknown
}

export interface SessionState {
  readonly status: SessionStatus
  /** The conversation as it shows, in order: one version of each prompt and answer. */
  readonly messages: readonly MessageRef[]
  /** Every prompt and response in order, shown or not. */
  readonly entries: readonly MessageRef[]
  /** A response is being written. */
  readonly isStreaming: boolean
  /** `loadOlder()` may find more. */
  readonly hasOlder: boolean
  readonly hydration: HydrationState['status']
  /** Agents on the channel; empty for a `Reader`, which does not watch presence. */
  readonly agents: readonly Member[]
  readonly users: readonly Member[]
  readonly error: RejoinError | undefined
}

/** The state before a session connects, and on a server, so that the browser starts from the same. */
export const initialState: SessionState = Object.freeze({
  status: 'connecting',
  messages: [],
  entries: [],
  isStreaming: false,
  hasOlder: false,
  hydration: 'running',
  agents: [],
  users: [],
  error: undefined,
} as const)

/** What a session shows. Of a long list, the array is made when it is read. */
export interface SessionView extends Omit<SessionState, 'messages' | 'entries'> {
  readonly messages: MessageList
  readonly entries: MessageList
}

/** What the store publishes for a session's state. */
export type SessionLists = Pick<SessionView, 'messages' | 'entries' | 'isStreaming'>

/** A session's internal state, from which, with the lists, `SessionState` is derived. */
export interface SessionFacts extends Omit<SessionView, 'status' | keyof SessionLists> {
  /** States of Ably's channel and connection. A session given only a channel knows no connection. */
  readonly channel: string
  readonly connection: string | undefined
  /** No connection could be made so far: Ably tries again. */
  readonly unreachable: boolean
  /** The past was read, or could not be read: live messages show. */
  readonly opened: boolean
  readonly closed: boolean
}

export type SessionChange =
  | { readonly type: 'channel' | 'connection'; readonly state: string }
  | ({ readonly type: 'past' } & HydrationState)
  | { readonly type: 'opened' }
  | { readonly type: 'members'; readonly agents: readonly Member[]; readonly users: readonly Member[] }
  | { readonly type: 'unreachable' | 'failed'; readonly error: RejoinError }
  | { readonly type: 'closed' }

type Draft = { -readonly [K in keyof SessionFacts]: SessionFacts[K] }

/** Writes the next state: immer's `produce`, or `copied`. */
export type Produce = <S extends object>(state: S, recipe: (draft: S) => void) => S

/** `produce` for flat states whose recipes only replace fields. */
export const copied: Produce = (state, recipe) => {
  const draft = { ...state }
  recipe(draft)
  return draft
}

/** The reducer of a session's own state. */
export function reduceSession(facts: SessionFacts, change: SessionChange, produce: Produce): SessionFacts {
  return produce<Draft>(facts, (draft) => {
    switch (change.type) {
      case 'channel':
        draft.channel = change.state
        if (change.state === 'attached') draft.error = undefined
        break
      case 'connection':
        draft.connection = change.state
        if (change.state !== 'connected' || !draft.unreachable) break
        draft.unreachable = false
        draft.error = undefined
        break
      case 'unreachable':
        draft.unreachable = true
        draft.error = change.error
        break
      case 'past':
        draft.hydration = change.status
        draft.hasOlder = change.hasOlder
        break
      case 'opened':
        draft.opened = true
        break
      case 'members':
        draft.agents = change.agents
        draft.users = change.users
        break
      case 'failed':
        draft.error = change.error
        break
      case 'closed':
        draft.closed = true
    }
  })
}

/** Derives what shows. */
export function viewOf(facts: SessionFacts, { messages, entries, isStreaming }: SessionLists): SessionView {
  const { hasOlder, hydration, agents, users, error } = facts
  return {
    status: statusOf(facts),
    messages,
    entries,
    isStreaming,
    hasOlder,
    hydration,
    agents,
    users,
    error,
  }
}

/** The public state. */
export function stateOf({ messages, entries, ...others }: SessionView): SessionState {
  return {
    get messages() {
      return messages.refs
    },
    get entries() {
      return entries.refs
    },
    ...others,
  }
}

function statusOf(facts: SessionFacts): SessionStatus {
  const { channel, connection, unreachable, opened, closed, error } = facts
  if (closed) return 'closed'
  if (channel === 'failed' || connection === 'failed') return 'failed'
  if (channel === 'suspended' || connection === 'suspended') return 'suspended'
  if (unreachable) return 'disconnected'
  if (!opened) return error ? 'failed' : 'connecting'
  if (connection !== undefined && connection !== 'connected') return 'disconnected'
  return channel === 'attached' ? 'live' : 'disconnected'
}
