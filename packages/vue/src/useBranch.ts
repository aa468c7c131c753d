import type { Branch } from '@rejoin/core'
import { computed, toValue } from 'vue'
import type { MaybeRefOrGetter } from 'vue'
import { useJoin } from './join.ts'
import type { Refs } from './join.ts'
import { useHandle } from './provider.ts'

/** The versions of a prompt or an answer; one that has no others is its only version. */
export function useBranch(id: MaybeRefOrGetter<string>): Refs<Branch> & { select: (index: number) => void } {
  const handle = useHandle()
  const branch = useJoin<Branch | undefined>(
    (session, wanted = '') => [session.subscribe, () => session.getBranch(wanted)],
    id,
  )
  return {
    versions: computed(() => branch.value?.versions ?? [toValue(id)]),
    index: computed(() => branch.value?.index ?? 0),
    /** Shows the version at an index, on this device. */
    select(index) {
      const version = branch.value?.versions[index]
      if (version !== undefined) handle().selectBranch(version)
    },
  }
}
