'use client'
import type { Session } from '@rejoin/core'
import { RejoinError } from '@rejoin/core'
import { createContext, createElement, useContext } from 'react'
import type { ReactNode } from 'react'

const SessionContext = createContext<Session | undefined>(undefined)

export interface SessionProviderProps {
  /** Create it outside render: with `createSession({ ... })` in a module, or with `useCreateSession`. */
  session: Session
  children?: ReactNode
}

/** Provides a session to the hooks of its descendants. It may be replaced by another session at any time. */
export function SessionProvider({ session, children }: SessionProviderProps): ReactNode {
  return createElement(SessionContext.Provider, { value: session }, children)
}

/** The session of the nearest provider. */
export function useHandle(): Session {
  const session = useContext(SessionContext)
  if (session) return session
  throw new RejoinError(
    'invalid_argument',
    'unable to find a session; put the component inside <SessionProvider session={session}>',
  )
}
