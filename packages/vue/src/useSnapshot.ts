import type { SessionState } from '@rejoin/core'
import type { ShallowRef } from 'vue'
import { useJoin } from './join.ts'

/** The result of `select` on the session's state; changes when it does. */
export function useSnapshot<V>(select: (state: SessionState) => V): Readonly<ShallowRef<V>> {
  return useJoin((session) => [session.subscribe, () => select(session.getSnapshot())])
}
