import { initialState } from '@rejoin/core'
import type { Session, SessionActions, SessionState } from '@rejoin/core'
import { computed } from 'vue'
import { useFields } from './join.ts'
import type { Refs } from './join.ts'
import { useHandle } from './provider.ts'
import { useActions } from './useActions.ts'

/**
 * The session's state (status, hasOlder, agents, error, ...) and the session itself, each as a ref, and its
 * actions. `const { status, sendMessage } = useSession()`.
 */
export function useSession(): Refs<SessionState & { session: Session }> & SessionActions {
  const handle = useHandle()
  const result: Record<string, unknown> = {
    ...useFields((session) => [session.subscribe, session.getSnapshot], initialState),
    session: computed(handle),
  }
  return Object.assign(result, useActions()) as ReturnType<typeof useSession>
}
