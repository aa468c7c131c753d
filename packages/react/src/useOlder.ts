'use client'
import type { SessionState } from '@rejoin/core'
import { useCallback, useEffect, useState } from 'react'
import { useHandle } from './provider.ts'
import { keepPlace, onNear } from './scroll.ts'
import { useSnapshot } from './useSnapshot.ts'

export interface Older {
  /** There is more to load. */
  readonly hasOlder: boolean
  /** This hook is loading. */
  readonly loading: boolean
  /** Why it could not. It is not tried again by itself, until `loadOlder()` has succeeded. */
  readonly error: Error | undefined
  /** Loads what came before; never rejects. What is on screen stays in its place. */
  readonly loadOlder: () => Promise<void>
  /**
   * `ref` of an element above the list, of a height that does not change: whenever it comes within one screen of
   * being seen, more is loaded.
   */
  readonly sentinel: (element: Element | null) => void
}

const idle = { loading: false, error: undefined }
const more = (state: SessionState) => state.hasOlder

/** Infinite scroll up: `<div ref={sentinel} />` above the list. */
export function useOlder(): Older {
  const session = useHandle()
  const hasOlder = useSnapshot(more)
  const [element, sentinel] = useState<Element | null>(null)
  const [{ loading, error }, setProgress] = useState<Pick<Older, 'loading' | 'error'>>(idle)
  const loadOlder = useCallback(async () => {
    let restore = () => {}
    // Told before React has changed the page; by the time `loadOlder` resolves, it has.
    const unsubscribe = session.subscribe(() => {
      if (element) restore = keepPlace(element)
    })
    setProgress({ loading: true, error: undefined })
    try {
      await session.loadOlder()
      setProgress(idle)
    } catch (cause) {
      setProgress({ loading: false, error: cause as Error })
    }
    unsubscribe()
    restore()
  }, [session, element])
  useEffect(() => {
    if (!element || !hasOlder || loading || error) return undefined
    return onNear(element, () => void loadOlder())
  }, [element, hasOlder, loading, error, loadOlder])
  return { hasOlder, loading, error, loadOlder, sentinel }
}
