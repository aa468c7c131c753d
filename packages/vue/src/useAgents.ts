import type { Member } from '@rejoin/core'
import type { ShallowRef } from 'vue'
import { useSnapshot } from './useSnapshot.ts'

/** The agents that are present on the channel. Users are in `useSession().users`. */
export function useAgents(): Readonly<ShallowRef<readonly Member[]>> {
  return useSnapshot((state) => state.agents)
}
