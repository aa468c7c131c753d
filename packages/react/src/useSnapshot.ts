'use client'
import { initialState } from '@rejoin/core'
import type { SessionState } from '@rejoin/core'
import { useSyncExternalStore } from 'react'
import { useHandle } from './provider.ts'

/** What `select` takes from the session's state; renders when that changes. `select` must not make objects. */
export function useSnapshot<V>(select: (state: SessionState) => V): V {
  const session = useHandle()
  return useSyncExternalStore(
    session.subscribe,
    () => select(session.getSnapshot()),
    () => select(initialState),
  )
}
