import type { PromptState } from '@rejoin/core'
import type { ShallowRef } from 'vue'
import { useJoin } from './join.ts'

/** Prompts that wait to be answered, the same on every device. */
export function useQueue(): Readonly<ShallowRef<readonly PromptState[]>> {
  return useJoin<readonly PromptState[]>((session) => [session.subscribe, session.getQueue])
}
