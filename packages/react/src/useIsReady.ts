'use client'
import type { SessionState } from '@rejoin/core'
import { useSnapshot } from './useSnapshot.ts'

const isReady = ({ status }: SessionState) => status !== 'connecting'

/**
 * Whether the past has been read: `useReady` without Suspense. True also when the session failed: see its `status` and
 * `error`. False on a server.
 */
export function useIsReady(): boolean {
  return useSnapshot(isReady)
}
