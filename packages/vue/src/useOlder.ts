import { createOlder, initialOlder } from '@rejoin/core'
import type { Older, OlderState } from '@rejoin/core'
import { useFields } from './join.ts'
import type { Refs } from './join.ts'

/**
 * Infinite scroll up: with `<div :ref="sentinel" />` above the list, of a height that does not change, older
 * messages load when it comes within one screen of the viewport, and the visible messages keep their place.
 */
export function useOlder(): Refs<OlderState> &
  Pick<Older, 'loadOlder'> & { sentinel: (element: unknown) => void } {
  let older: Older | undefined
  let element: Element | null = null
  const fields = useFields<OlderState>((session) => {
    older?.sentinel(null)
    older = createOlder(session)
    older.sentinel(element)
    return [older.subscribe, older.getSnapshot]
  }, initialOlder)
  return {
    ...fields,
    loadOlder: async () => older?.loadOlder(),
    // Before hydration is over there is an element, and nothing to load yet.
    sentinel(found) {
      element = found as Element | null
      older?.sentinel(element)
    },
  }
}
