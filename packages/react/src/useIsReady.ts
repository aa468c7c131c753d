'use client'
import { isReady } from '@rejoin/core'
import { useSnapshot } from './useSnapshot.ts'

/**
 * Whether there is something to show: messages, or an empty conversation that was read. `useReady` without Suspense.
 * True also when the session cannot connect: see its `status` and `error`. On a server: whether it has `initialRows`.
 */
export function useIsReady(): boolean {
  return useSnapshot(isReady)
}
