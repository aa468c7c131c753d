'use client'
import type { Session } from '@rejoin/core'
import { createContext, createElement, useContext } from 'react'
import type { ReactNode } from 'react'

const SessionContext = createContext<Session | undefined>(undefined)

/** Gives a session to every hook below. Make the session outside of render: `createSession({ ... })`. */
export function SessionProvider(props: { session: Session; children?: ReactNode }): ReactNode {
  return createElement(SessionContext.Provider, { value: props.session }, props.children)
}

/** The session of the nearest provider. */
export function useSessionHandle(): Session {
  const session = useContext(SessionContext)
  if (!session)
    throw new Error('unable to find a session; wrap the component in <SessionProvider session={session}>')
  return session
}
