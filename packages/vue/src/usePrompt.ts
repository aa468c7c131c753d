import type { PromptState } from '@rejoin/core'
import type { MaybeRefOrGetter, ShallowRef } from 'vue'
import { useExternal } from './external.ts'
import { useSessionHandle } from './plugin.ts'

/** One prompt with its delivery: `sending`, `sent` or `failed`. */
export function usePrompt(id: MaybeRefOrGetter<string>): Readonly<ShallowRef<PromptState | undefined>> {
  const session = useSessionHandle()
  return useExternal(
    id,
    (_, listener) => session.subscribe(listener),
    (key) => session.getPrompt(key),
  )
}
