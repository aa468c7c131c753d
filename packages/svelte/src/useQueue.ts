import type { PromptState } from '@rejoin/core'
import { useJoin } from './join.ts'
import type { Current } from './join.ts'

/** Prompts that wait to be answered, the same on every device. */
export function useQueue(): Current<readonly PromptState[]> {
  return useJoin<readonly PromptState[]>((session) => [session.subscribe, session.getQueue])
}
