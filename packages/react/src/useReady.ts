'use client'
import { isReady, whenReady } from '@rejoin/core'
import { useSyncExternalStore } from 'react'
import { useHandle } from './provider.ts'

/**
 * Suspends until the session has something to show: messages, or an empty conversation that was read. So `<Suspense>`
 * shows its fallback instead of an empty conversation. Does not suspend again, nor on a server. Does not throw when the
 * session cannot connect: see its `status` and `error`.
 */
export function useReady(): void {
  const session = useHandle()
  const ready = useSyncExternalStore(
    session.subscribe,
    () => isReady(session.getSnapshot()),
    // A server makes no connection, so it must not wait for one.
    () => true,
  )
  // oxlint-disable-next-line typescript/only-throw-error -- how a component says what it waits for
  if (!ready) throw whenReady(session)
}
