'use client'
import type { SessionState } from '@rejoin/core'
import { useSnapshot } from './useSnapshot.ts'

const isReady = ({ status }: SessionState) => status !== 'connecting'

/**
 * Whether the past has been read, as `useReady` waits for it: without Suspense. True also when the session failed: its
 * `status` and `error` tell. False on a server.
 */
export function useIsReady(): boolean {
  return useSnapshot(isReady)
}
