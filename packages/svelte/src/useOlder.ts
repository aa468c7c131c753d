import { createOlder, initialOlder } from '@rejoin/core'
import type { Older, OlderState } from '@rejoin/core'
import { useJoin } from './join.ts'
import type { Current } from './join.ts'

/**
 * Infinite scroll up: with `<div {@attach sentinel}></div>` above the list, of a height that does not change, older
 * messages load when it comes within one screen of the viewport, and the visible messages keep their place.
 */
export function useOlder(): Current<OlderState> &
  Pick<Older, 'loadOlder'> & { readonly sentinel: (element: Element) => () => void } {
  let older: Older | undefined
  let element: Element | null = null
  const show = (next: Element | null): void => older?.sentinel((element = next))
  const state = useJoin<OlderState>((session) => {
    older?.sentinel(null)
    older = createOlder(session)
    older.sentinel(element)
    return [older.subscribe, older.getSnapshot]
  }, initialOlder)
  return {
    get current() {
      return state.current
    },
    loadOlder: async () => older?.loadOlder(),
    sentinel(found) {
      element = found
      show(found)
      return () => show(null)
    },
  }
}
