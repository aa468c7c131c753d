'use client'
import { sessionActionNames } from '@rejoin/core'
import type { Session, SessionActions, SessionState } from '@rejoin/core'
import { useMemo } from 'react'
import { useHandle } from './provider.ts'
import { useSnapshot } from './useSnapshot.ts'

const whole = (state: SessionState) => state

/**
 * The session's state (status, hasOlder, agents, error, ...), its actions, and the session itself. Renders when
 * the state changes, never per token; the result is the same object until then.
 */
export function useSession(): SessionState & SessionActions & { readonly session: Session } {
  const session = useHandle()
  const state = useSnapshot(whole)
  return useMemo(() => {
    const actions = Object.fromEntries(sessionActionNames.map((name) => [name, session[name]]))
    return { ...state, ...(actions as unknown as SessionActions), session }
  }, [session, state])
}
