import { createTurns } from '@rejoin/core'
import type { Turn } from '@rejoin/core'
import { useJoin } from './join.ts'
import { useProvided } from './provider.ts'

/**
 * The conversation as prompts with their answers and the versions of both. Changes when a message or a version comes or
 * goes, never per token.
 */
export function useTurns(): {
  readonly turns: readonly Turn[]
  /** Shows another version, on this device: one of `promptVersions.versions` or `answerVersions.versions`. */
  readonly choose: (version: string) => void
} {
  const { session } = useProvided()
  const turns = useJoin<readonly Turn[]>((handle) => {
    const { subscribe, getSnapshot } = createTurns(handle)
    return [subscribe, getSnapshot]
  })
  return {
    get turns() {
      return turns.current
    },
    choose: (version) => session().selectBranch(version),
  }
}
