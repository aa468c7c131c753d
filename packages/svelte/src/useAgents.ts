import type { Member } from '@rejoin/core'
import type { Current } from './join.ts'
import { useSnapshot } from './useSnapshot.ts'

/** The agents that are present on the channel. Users are in `useSession().current.users`. */
export function useAgents(): Current<readonly Member[]> {
  return useSnapshot((state) => state.agents)
}
