'use client'
import type { SessionState } from '@rejoin/core'
import { useSyncExternalStore } from 'react'
import { useHandle } from './provider.ts'

/** The result of `select` on the session's state; renders when it changes. `select` must not create objects. */
export function useSnapshot<V>(select: (state: SessionState) => V): V {
  const session = useHandle()
  return useSyncExternalStore(
    session.subscribe,
    () => select(session.getSnapshot()),
    () => select(session.initial.getSnapshot()),
  )
}
