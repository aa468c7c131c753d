import type { SessionState } from '@rejoin/core'
import { useJoin } from './join.ts'
import type { Current } from './join.ts'

/** The result of `select` on the session's state; changes when it does. */
export function useSnapshot<V>(select: (state: SessionState) => V): Current<V> {
  return useJoin((session) => [session.subscribe, () => select(session.getSnapshot())])
}
