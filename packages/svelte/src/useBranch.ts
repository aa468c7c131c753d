import type { Branch } from '@rejoin/core'
import { useJoin } from './join.ts'
import { toValue, useProvided } from './provider.ts'
import type { MaybeGetter } from './provider.ts'

/** The versions of a prompt or an answer; one that has no others is its only version. */
export function useBranch(id: MaybeGetter<string>): Branch & {
  /** Shows the version at an index, on this device. */ readonly select: (index: number) => void
} {
  const { session } = useProvided()
  const branch = useJoin<Branch | undefined>(
    (handle, wanted = '') => [handle.subscribe, () => handle.getBranch(wanted)],
    id,
  )
  return {
    get versions() {
      return branch.current?.versions ?? [toValue(id)]
    },
    get index() {
      return branch.current?.index ?? 0
    },
    select(index) {
      const version = session().getBranch(toValue(id))?.versions[index]
      if (version !== undefined) session().selectBranch(version)
    },
  }
}
