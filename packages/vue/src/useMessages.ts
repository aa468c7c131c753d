import type { MessageRef } from '@rejoin/core'
import type { ShallowRef } from 'vue'
import { useExternal } from './external.ts'
import { useSessionHandle } from './plugin.ts'

/** The conversation in order: `{ id, role }`. Changes when a message comes or goes, never per token. */
export function useMessages(): Readonly<ShallowRef<readonly MessageRef[]>> {
  const session = useSessionHandle()
  return useExternal(
    undefined,
    (_, listener) => session.subscribe(listener),
    () => session.getSnapshot().messages,
  )
}
