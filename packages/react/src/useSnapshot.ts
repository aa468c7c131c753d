'use client'
import type { SessionState } from '@rejoin/core'
import { useSyncExternalStore } from 'react'
import { useHandle } from './provider.ts'

const never = () => () => {}

/**
 * The result of `select` on the session's state; renders when it changes. `select` must not create objects. With
 * `follows` false, nothing is subscribed to: for a hook that may need none of it.
 */
export function useSnapshot<V>(select: (state: SessionState) => V, follows = true): V {
  const session = useHandle()
  return useSyncExternalStore(
    follows ? session.subscribe : never,
    () => select(session.getSnapshot()),
    () => select(session.initial.getSnapshot()),
  )
}
