import type { ShallowRef } from 'vue'
import { useSnapshot } from './useSnapshot.ts'

/**
 * Whether the past has been read: `useReady` without Suspense. True also when the session failed: see its `status` and
 * `error`. False on a server.
 */
export function useIsReady(): Readonly<ShallowRef<boolean>> {
  return useSnapshot(({ status }) => status !== 'connecting')
}
