import type { MessageRef } from '@rejoin/core'
import type { ShallowRef } from 'vue'
import { useSnapshot } from './useSnapshot.ts'

/**
 * The visible conversation in order: `{ id, role }`; with `all`, hidden versions too. Changes when a message comes or
 * goes, never per token.
 */
export function useMessages(options?: { all?: boolean }): Readonly<ShallowRef<readonly MessageRef[]>> {
  return useSnapshot((state) => (options?.all ? state.entries : state.messages))
}
