'use client'
import type { Branch } from '@rejoin/core'
import { useCallback, useMemo, useSyncExternalStore } from 'react'
import { useHandle } from './provider.ts'

export interface UseBranch extends Branch {
  /** Shows the version at an index, on this device. */
  readonly select: (index: number) => void
}

/** The versions of a prompt or an answer; one that has no others is its only version. */
export function useBranch(id: string): UseBranch {
  const session = useHandle()
  const branch = useSyncExternalStore(
    session.subscribe,
    () => session.getBranch(id),
    () => session.initial.getBranch(id),
  )
  const select = useCallback(
    (index: number) => {
      const version = session.getBranch(id)?.versions[index]
      if (version !== undefined) session.selectBranch(version)
    },
    [session, id],
  )
  return useMemo(
    () => ({ versions: branch?.versions ?? [id], index: branch?.index ?? 0, select }),
    [branch, id, select],
  )
}
