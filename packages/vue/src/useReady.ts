import { whenReady } from '@rejoin/core'
import { useHandle } from './provider.ts'

/**
 * `await useReady()` in an async setup: resolves when the session has something to show: messages, or an empty
 * conversation that was read. So `<Suspense>` shows its fallback instead of an empty conversation. Resolves at once on a
 * server, and also when the session cannot connect: see its `status` and `error`.
 */
export function useReady(): Promise<void> {
  const session = useHandle()()
  return typeof window === 'undefined' ? Promise.resolve() : whenReady(session)
}
