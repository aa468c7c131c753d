import type { SessionState } from '@rejoin/core'
import type { ShallowRef } from 'vue'
import { useJoin } from './join.ts'

/** What a session shows before it has connected, and on a server. */
export const initial: SessionState = {
  status: 'connecting',
  messages: [],
  hasOlder: false,
  hydration: 'running',
  agents: [],
  users: [],
  error: undefined,
}

/** What `select` takes from the session's state; changes when that does. */
export function useSnapshot<V>(select: (state: SessionState) => V): Readonly<ShallowRef<V>> {
  return useJoin((session) => [session.subscribe, () => select(session.getSnapshot())], select(initial))
}
