'use client'
import type { Older, OlderState } from '@rejoin/core'
import { createOlder, initialOlder } from '@rejoin/core'
import { useMemo, useSyncExternalStore } from 'react'
import { useHandle } from './provider.ts'

/**
 * Infinite scroll up: with `<div ref={sentinel} />` above the list, of a height that does not change, older
 * messages load when it comes within one screen of the viewport, and the visible messages keep their place.
 */
export function useOlder(): OlderState & Pick<Older, 'loadOlder' | 'sentinel'> {
  const session = useHandle()
  const { subscribe, getSnapshot, ...older } = useMemo(() => createOlder(session), [session])
  return { ...useSyncExternalStore(subscribe, getSnapshot, () => initialOlder), ...older }
}
