'use client'
import type { Member, SessionState } from '@rejoin/core'
import { useSnapshot } from './useSnapshot.ts'

const agents = (state: SessionState) => state.agents

/** The agents that are present on the channel. Users are in `useSession().users`. */
export function useAgents(): readonly Member[] {
  return useSnapshot(agents)
}
