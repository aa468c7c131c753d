import { createOlder } from '@rejoin/core'
import type { Older, OlderState, Session } from '@rejoin/core'
import { useJoin } from './join.ts'
import { useProvided } from './provider.ts'

/**
 * Infinite scroll up: with `<div {@attach sentinel}></div>` above the list, of a height that does not change, older
 * messages load when it comes within one screen of the viewport, and the visible messages keep their place.
 */
export function useOlder(): OlderState &
  Pick<Older, 'loadOlder'> & { readonly sentinel: (element: Element) => () => void } {
  const { session } = useProvided()
  let known: { session: Session; older: Older } | undefined
  const olderOf = (handle: Session): Older => {
    if (known?.session !== handle) known = { session: handle, older: createOlder(handle) }
    return known.older
  }
  const state = useJoin<OlderState>((handle) => {
    const { subscribe, getSnapshot } = olderOf(handle)
    return [subscribe, getSnapshot]
  })
  return {
    get hasOlder() {
      return state.current.hasOlder
    },
    get loading() {
      return state.current.loading
    },
    get error() {
      return state.current.error
    },
    loadOlder: () => olderOf(session()).loadOlder(),
    // Svelte attaches again when the session changes.
    sentinel(element) {
      const older = olderOf(session())
      older.sentinel(element)
      return () => older.sentinel(null)
    },
  }
}
