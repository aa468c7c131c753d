'use client'
import type { SessionState } from '@rejoin/core'
import { useSyncExternalStore } from 'react'
import { useHandle } from './provider.ts'

/**
 * What a session shows before it has connected. Servers render it, and hydration begins with it, so that the
 * two agree however far the session in the browser has come by then.
 */
export const initial: SessionState = {
  status: 'connecting',
  messages: [],
  hasOlder: false,
  hydration: 'running',
  agents: [],
  users: [],
  error: undefined,
}

/** What `select` takes from the session's state; renders when that changes. `select` must not make objects. */
export function useSnapshot<V>(select: (state: SessionState) => V): V {
  const session = useHandle()
  return useSyncExternalStore(
    session.subscribe,
    () => select(session.getSnapshot()),
    () => select(initial),
  )
}
