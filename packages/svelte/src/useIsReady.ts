import type { Current } from './join.ts'
import { useSnapshot } from './useSnapshot.ts'

/**
 * Whether the past has been read. True also when the session failed: see its `status` and `error`. False on a server.
 */
export function useIsReady(): Current<boolean> {
  return useSnapshot(({ status }) => status !== 'connecting')
}
