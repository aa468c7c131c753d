'use client'
import type { Session, SessionState } from '@rejoin/core'
import { useSyncExternalStore } from 'react'
import { useSessionHandle } from './provider.ts'

/** The session's state (status, hasOlder, agents, error, ...) and its actions; renders when the state changes. */
export function useSession(): SessionState & Pick<Session, Actions> & { session: Session } {
  const session = useSessionHandle()
  const state = useSyncExternalStore(session.subscribe, session.getSnapshot, session.getSnapshot)
  const { sendMessage, retryMessage, stop, loadOlder, addToolResult, respondToApproval } = session
  return { ...state, session, sendMessage, retryMessage, stop, loadOlder, addToolResult, respondToApproval }
}

type Actions = 'sendMessage' | 'retryMessage' | 'stop' | 'loadOlder' | 'addToolResult' | 'respondToApproval'
