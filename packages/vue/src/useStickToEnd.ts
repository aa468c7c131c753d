import { createStickToEnd } from '@rejoin/core'
import { getCurrentScope, onScopeDispose, shallowReadonly, shallowRef } from 'vue'
import type { ShallowRef } from 'vue'

/**
 * `<div :ref="scroller">` stays at its end while it grows, until a person scrolls up; then the visible content keeps
 * its place.
 */
export function useStickToEnd(): {
  scroller: (element: unknown) => void
  scrollToEnd: () => void
  isAtEnd: Readonly<ShallowRef<boolean>>
} {
  const { subscribe, getSnapshot, scroller, scrollToEnd } = createStickToEnd()
  const isAtEnd = shallowRef(true)
  const stop = subscribe(() => void (isAtEnd.value = getSnapshot()))
  if (getCurrentScope())
    onScopeDispose(() => {
      stop()
      scroller(null)
    })
  return { scroller: scroller as (element: unknown) => void, scrollToEnd, isAtEnd: shallowReadonly(isAtEnd) }
}
