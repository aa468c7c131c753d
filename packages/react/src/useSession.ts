'use client'
import type { Session, SessionState } from '@rejoin/core'
import { useMemo } from 'react'
import { useHandle } from './provider.ts'
import { useSnapshot } from './useSnapshot.ts'

/** What one can do with a session; see `Session` for each. */
export type SessionActions = Pick<
  Session,
  'sendMessage' | 'retryMessage' | 'regenerate' | 'stop' | 'loadOlder' | 'addToolResult' | 'respondToApproval'
>

const whole = (state: SessionState) => state

/**
 * The session's state (status, hasOlder, agents, error, ...), its actions, and the session itself. Renders when
 * the state changes, never per token; the result is the same object until then.
 */
export function useSession(): SessionState & SessionActions & { readonly session: Session } {
  const session = useHandle()
  const state = useSnapshot(whole)
  return useMemo(() => {
    const { sendMessage, retryMessage, regenerate, stop, loadOlder, addToolResult, respondToApproval } =
      session
    const actions = {
      sendMessage,
      retryMessage,
      regenerate,
      stop,
      loadOlder,
      addToolResult,
      respondToApproval,
    }
    return { ...state, ...actions, session }
  }, [session, state])
}
