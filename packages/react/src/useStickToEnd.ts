'use client'
import { createStickToEnd } from '@rejoin/core'
import type { StickToEnd } from '@rejoin/core'
import { useState, useSyncExternalStore } from 'react'

/**
 * `<div ref={scroller}>` stays at its end while it grows, until a person scrolls up; then the visible content keeps its
 * place. Renders when `isAtEnd` changes.
 */
export function useStickToEnd(): Pick<StickToEnd, 'scroller' | 'scrollToEnd'> & {
  readonly isAtEnd: boolean
} {
  const [{ subscribe, getSnapshot, scroller, scrollToEnd }] = useState(createStickToEnd)
  const isAtEnd = useSyncExternalStore(subscribe, getSnapshot, () => true)
  return { scroller, scrollToEnd, isAtEnd }
}
