'use client'
import { useSyncExternalStore } from 'react'
import { useHandle } from './provider.ts'

/**
 * Suspends until the session is hydrated and live for the first time, so that `<Suspense>` shows its fallback instead
 * of an empty conversation. Does not suspend again, nor on a server. Does not throw when the session fails: see its
 * `status` and `error`.
 */
export function useReady(): void {
  const session = useHandle()
  const connecting = useSyncExternalStore(
    session.subscribe,
    () => session.getSnapshot().status === 'connecting',
    // A server makes no connection, so it must not wait for one.
    () => false,
  )
  // oxlint-disable-next-line typescript/only-throw-error -- how a component says what it waits for
  if (connecting) throw session.ready
}
