import { whenReady } from '@rejoin/core'
import { useProvided } from './provider.ts'

/**
 * `{#await useReady()}`: resolves when the session has something to show: messages, or an empty conversation that
 * was read, or why it cannot connect (`status`, `error`). Resolves at once on a server.
 */
export function useReady(): Promise<void> {
  const session = useProvided().session()
  return typeof window === 'undefined' ? Promise.resolve() : whenReady(session)
}
