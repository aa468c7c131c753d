'use client'
import { sessionActionNames } from '@rejoin/core'
import type { Session, SessionActions } from '@rejoin/core'
import { useRef } from 'react'
import { useHandle } from './provider.ts'

interface Held {
  session: Session
  readonly actions: SessionActions
}

/**
 * The session's actions. The same object with the same functions for the component's whole life; they act on the
 * session provided at the time of the call. Never renders.
 */
export function useActions(): SessionActions {
  const session = useHandle()
  const ref = useRef<Held | null>(null)
  const held: Held = (ref.current ??= { session, actions: actionsOf(() => held.session) })
  held.session = session
  return held.actions
}

function actionsOf(current: () => Session): SessionActions {
  const entries = sessionActionNames.map((name) => [
    name,
    (...args: unknown[]) => (current()[name] as (...args: unknown[]) => unknown)(...args),
  ])
  return Object.fromEntries(entries) as SessionActions
}
