import { initialState } from '@rejoin/core'
import type { SessionState } from '@rejoin/core'
import type { ShallowRef } from 'vue'
import { useJoin } from './join.ts'

/** What `select` takes from the session's state; changes when that does. */
export function useSnapshot<V>(select: (state: SessionState) => V): Readonly<ShallowRef<V>> {
  return useJoin((session) => [session.subscribe, () => select(session.getSnapshot())], select(initialState))
}
