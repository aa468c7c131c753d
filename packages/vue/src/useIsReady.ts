import type { ShallowRef } from 'vue'
import { useSnapshot } from './useSnapshot.ts'

/**
 * Whether the past has been read, as `useReady` waits for it: without Suspense. True also when the session failed: its
 * `status` and `error` tell. False on a server.
 */
export function useIsReady(): Readonly<ShallowRef<boolean>> {
  return useSnapshot(({ status }) => status !== 'connecting')
}
