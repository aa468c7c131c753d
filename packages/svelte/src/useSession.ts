import type { Session, SessionActions, SessionState } from '@rejoin/core'
import type { Current } from './join.ts'
import { useProvided } from './provider.ts'
import { useActions } from './useActions.ts'
import { useSnapshot } from './useSnapshot.ts'

/** The session's state (`current.status`, `current.agents`, ...), the session itself, and its actions. */
export function useSession(): Current<SessionState> & SessionActions & { readonly session: Session } {
  const { session } = useProvided()
  const state = useSnapshot((snapshot) => snapshot)
  return Object.defineProperties(useActions() as ReturnType<typeof useSession>, {
    current: { get: () => state.current, enumerable: true },
    session: { get: session, enumerable: true },
  })
}
