'use client'
import { createTurns } from '@rejoin/core'
import type { Turn, Turns } from '@rejoin/core'
import { useMemo, useSyncExternalStore } from 'react'
import { useHandle } from './provider.ts'

export interface UseTurns extends Pick<Turns, 'choose'> {
  readonly turns: readonly Turn[]
}

/**
 * The conversation as prompts with their answers and the versions of both. Renders when a message or a version comes or
 * goes, never per token. A turn stays the same object, so a row in `memo` renders only when its own content changes.
 */
export function useTurns(): UseTurns {
  const session = useHandle()
  const { subscribe, getSnapshot, choose, getFirst } = useMemo(() => {
    let first: Turns | undefined
    const getFirst = () => (first ??= createTurns(session.initial)).getSnapshot()
    return { ...createTurns(session), getFirst }
  }, [session])
  const turns = useSyncExternalStore(subscribe, getSnapshot, getFirst)
  return useMemo(() => ({ turns, choose }), [turns, choose])
}
