import type { Current } from './join.ts'
import { useSnapshot } from './useSnapshot.ts'

/** Whether the past has been read. True also when the session failed: its `status` and `error` tell. False on a server. */
export function useIsReady(): Current<boolean> {
  return useSnapshot(({ status }) => status !== 'connecting')
}
