import type { PromptState } from '@rejoin/core'
import { useJoin } from './join.ts'
import type { Current } from './join.ts'
import type { MaybeGetter } from './provider.ts'

/** One prompt with its delivery (`sending`, `sent`, `failed`); `undefined` while it is unknown. */
export function usePrompt(id: MaybeGetter<string>): Current<PromptState | undefined> {
  return useJoin<PromptState | undefined>(
    (session, wanted = '') => [session.subscribe, () => session.getPrompt(wanted)],
    id,
  )
}
