import { createTurns } from '@rejoin/core'
import type { Turn } from '@rejoin/core'
import type { ShallowRef } from 'vue'
import { useJoin } from './join.ts'
import { useHandle } from './provider.ts'

/**
 * The conversation as prompts with their answers and the versions of both. Changes when a message or a version comes or
 * goes, never per token.
 */
export function useTurns(): {
  turns: Readonly<ShallowRef<readonly Turn[]>>
  choose: (version: string) => void
} {
  const handle = useHandle()
  const turns = useJoin<readonly Turn[]>((session) => {
    const { subscribe, getSnapshot } = createTurns(session)
    return [subscribe, getSnapshot]
  })
  return {
    turns,
    /** Shows another version, on this device: one of `promptVersions.versions` or `answerVersions.versions`. */
    choose: (version) => handle().selectBranch(version),
  }
}
