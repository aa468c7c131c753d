import type { Session, SessionState } from '@rejoin/core'
import { computed } from 'vue'
import { useFields } from './join.ts'
import type { Refs } from './join.ts'
import { useHandle } from './provider.ts'
import { initial } from './useSnapshot.ts'

const actions = [
  'sendMessage',
  'retryMessage',
  'regenerate',
  'stop',
  'loadOlder',
  'addToolResult',
  'respondToApproval',
] as const

/** What one can do with a session; see `Session` for each. */
export type SessionActions = Pick<Session, (typeof actions)[number]>

/**
 * The session's state (status, hasOlder, agents, error, ...) and the session itself, each as a ref, and its
 * actions. `const { status, sendMessage } = useSession()`.
 */
export function useSession(): Refs<SessionState & { session: Session }> & SessionActions {
  const handle = useHandle()
  const result: Record<string, unknown> = {
    ...useFields((session) => [session.subscribe, session.getSnapshot], initial),
    session: computed(handle),
  }
  for (const name of actions) result[name] = (argument: never) => handle()[name](argument)
  return result as ReturnType<typeof useSession>
}
