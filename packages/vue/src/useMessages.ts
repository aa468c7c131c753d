import type { MessageRef } from '@rejoin/core'
import type { ShallowRef } from 'vue'
import { useSnapshot } from './useSnapshot.ts'

/** The conversation in order: `{ id, role }`. Changes when a message comes or goes, never per token. */
export function useMessages(): Readonly<ShallowRef<readonly MessageRef[]>> {
  return useSnapshot((state) => state.messages)
}
