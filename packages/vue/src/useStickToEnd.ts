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
  let shown: unknown
  const show = (element: unknown): void => {
    if (element !== shown) scroller((shown = element) as Element | null)
  }
  if (getCurrentScope())
    onScopeDispose(() => {
      stop()
      show(null)
    })
  return { scroller: show, scrollToEnd, isAtEnd: shallowReadonly(isAtEnd) }
}
