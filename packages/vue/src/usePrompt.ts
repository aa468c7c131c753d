import type { PromptState } from '@rejoin/core'
import type { MaybeRefOrGetter, ShallowRef } from 'vue'
import { useJoin } from './join.ts'

/** One prompt with its delivery (`sending`, `sent`, `failed`); `undefined` while it is unknown. */
export function usePrompt(id: MaybeRefOrGetter<string>): Readonly<ShallowRef<PromptState | undefined>> {
  return useJoin<PromptState | undefined>(
    (session, wanted = '') => [session.subscribe, () => session.getPrompt(wanted)],
    id,
  )
}
