import { createStickToEnd } from '@rejoin/core'
import { createSubscriber } from 'svelte/reactivity'

/**
 * `<div {@attach scroller}>` stays at its end while it grows, until a person scrolls up; then the visible content keeps
 * its place.
 */
export function useStickToEnd(): {
  readonly isAtEnd: boolean
  readonly scrollToEnd: () => void
  readonly scroller: (element: Element) => () => void
} {
  const { subscribe, getSnapshot, scroller, scrollToEnd } = createStickToEnd()
  const follow = createSubscriber(subscribe)
  return {
    get isAtEnd() {
      follow()
      return getSnapshot()
    },
    scrollToEnd,
    scroller(element) {
      scroller(element)
      return () => scroller(null)
    },
  }
}
